"""`python -m local COMMAND`: what `dev.py` hands over to once the environment is there."""

import sys

from local.cli import main

sys.exit(main(sys.argv[1:]))
