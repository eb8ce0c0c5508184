"""The Azure CLI and the Azure Developer CLI, as commands that may be missing."""

import json
import os
import shutil
import subprocess
from typing import Any

from lib.errors import BadInput, PlumblineError


class CommandFailed(PlumblineError):
    """A command line tool of Azure gave up."""


def az(*arguments: str) -> Any:
    """Run `az`; returns its JSON, None if it printed nothing. Raises: BadInput if it is missing, CommandFailed."""
    program = shutil.which("az")
    if program is None:
        raise BadInput("the Azure CLI (az) is not installed: see https://aka.ms/azure-cli, then run `az login`")
    done = _run(program, *arguments, "--only-show-errors", "--output", "json")
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        last = lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
        hint = ": run `az login`" if "az login" in done.stderr else ""
        raise CommandFailed(f"`az {' '.join(arguments[:3])}` failed: {last}{hint}")
    return json.loads(done.stdout) if done.stdout.strip() else None


def azd_values() -> dict[str, str]:
    """The values of azd's environment, those of this process first; empty without azd or without an environment."""
    program = shutil.which("azd")
    done = _run(program, "env", "get-values", "--output", "json") if program else None
    known = json.loads(done.stdout) if done and done.returncode == 0 else {}
    return {str(name): str(value) for name, value in known.items()} | dict(os.environ)


def azd_set(name: str, value: str) -> bool:
    """Keep a value in azd's environment; False without azd or without an environment."""
    program = shutil.which("azd")
    return program is not None and _run(program, "env", "set", name, value).returncode == 0


def access_token(client_id: str) -> str:
    """A token of the caller for the Entra application. Raises: BadInput, CommandFailed."""
    answer = az("account", "get-access-token", "--scope", f"api://{client_id}/.default")
    return str(answer["accessToken"])


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
