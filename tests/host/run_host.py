"""A host as a process of its own: run_host.py FOLDER. Says `ready` on stdout once it runs."""

import logging
import sys
from pathlib import Path

from local.host.interruption import interruptible, leave
from tests.host.rig import Rig


def main() -> None:
    logging.basicConfig(stream=sys.stderr, level="INFO")
    rig = Rig(Path(sys.argv[1]))
    rig.queue.recover()
    host = rig.host(shutdown_s=float(sys.argv[2]) if len(sys.argv) > 2 else 10)
    with interruptible() as interruption:
        host.start()
        print("ready", flush=True)
        while not interruption.wait(0.1):
            pass
        finished = host.stop()
        print("finished" if finished else "given back", flush=True)
    leave(0 if finished else 3)


if __name__ == "__main__":
    main()
