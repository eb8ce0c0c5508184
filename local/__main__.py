"""`python -m local COMMAND`: what `dev.py` hands over to once the environment is there."""

import sys

try:
    from local.cli import main

    code = main(sys.argv[1:])
except KeyboardInterrupt:  # during start, before the host takes over the signals
    code = 130
sys.exit(code)
