#!/usr/bin/env python3
"""
The front door: make the environment this command needs, then hand over to it.

Standard library only, and kept to syntax that old Pythons can read, so that they too get an explanation.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this file may have any Python
    sys.exit(
        "error: Plumbline needs Python 3.11 or newer and this is Python %d.%d (%s): install a newer one from "  # noqa: UP031
        "python.org or your package manager, then run `python3.11 dev.py ...`"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

import subprocess
from pathlib import Path

from tools.environment import prepare, running_python
from tools.failures import SetUpError, explain

ROOT = Path(__file__).resolve().parent
LAPTOP_LOCKS = (ROOT / "requirements.txt", ROOT / "requirements-local.txt")
ALL_LOCKS = (*LAPTOP_LOCKS, ROOT / "requirements-dev.txt")

OWN_COMMANDS = {"test": "tools.checks", "lock": "tools.locks"}
"""Commands about the repository itself; every other command belongs to the `local` package."""

HELP = """\
usage: python3 dev.py [--verbose] COMMAND [ARGUMENT ...]

  up            start everything, crawl, index and serve http://localhost:7071
  ask "..."     answer a question, with citations
  search "..."  the best passages, without an answer
  status        documents, chunks, feed lag, queues, sources
  doctor        check every part and say what is wrong
  dead-letters  messages that kept failing: list, replay, discard
  held          list, show, release or discard what crawls held back
  crawls        what the crawls of a source did, newest first
  try-source    what a crawl would make of one page, beside the page
  plan          what the next crawl would fetch and embed, and what it costs
  eval          measure retrieval quality
  bench         measure speed, memory and disk
  azure         what a deployment to Azure needs: init, register, sources, cost
  smoke         prove a deployed app from outside
  test          every check that CI runs; --without runtime,browser; -k EXPRESSION
  lock          write the requirements*.txt lock files again; --upgrade for newest versions

`python3 dev.py COMMAND --help` tells more. --verbose shows the end of pip's output when an installation fails.
"""


def main(arguments: list[str]) -> int:
    command = next((argument for argument in arguments if not argument.startswith("-")), None)
    if command is None:
        print(HELP, end="")
        return 0 if {"-h", "--help"} & set(arguments) else 2
    module = OWN_COMMANDS.get(command, "local")
    locks = ALL_LOCKS if command in OWN_COMMANDS else LAPTOP_LOCKS
    try:
        python = prepare(ROOT / ".venv", locks, running_python(), verbose="--verbose" in arguments)
    except SetUpError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(explain(str(error)))
    except KeyboardInterrupt:
        return _fail("interrupted: the next run carries on", code=130)
    return _hand_over(python, module, arguments)


def _fail(message: str, *, code: int = 1) -> int:
    print("error:", message, file=sys.stderr)
    return code


def _hand_over(python: Path, module: str, arguments: list[str]) -> int:
    """Become `python -m module`, in the caller's folder; -P keeps that folder from shadowing our packages."""
    command = [str(python), "-P", "-m", module, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if os.name == "posix":
        os.execve(python, command, environment)  # noqa: S606 - the list above is ours, and no shell reads it
    # Windows cannot replace a process. Ctrl-C reaches the child by itself; we only have to outlive it.
    environment.setdefault("PYTHONUTF8", "1")
    with subprocess.Popen(command, env=environment) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
