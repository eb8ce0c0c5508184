"""What the checks need from the machine, found or asked for with the fix."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.environment import Interpreter
from tools.failures import SetUpError

_PROBE = "import platform, sys; print(sys.executable); print(platform.python_version())"


def find_python_313() -> Interpreter:
    """Any Python 3.13: on PATH, from pyenv, or from the Windows launcher. Each is asked, since shims may lie."""
    pyenv = [
        *Path.home().glob(".pyenv/versions/3.13.*/bin/python"),
        *Path.home().glob(".pyenv/*/versions/3.13.*/python.exe"),
    ]
    for command in (["python3.13"], *([str(path)] for path in sorted(pyenv)), ["py", "-3.13"]):
        if not shutil.which(command[0]):
            continue
        probe = subprocess.run([*command, "-I", "-c", _PROBE], capture_output=True, encoding="utf-8", check=False)
        path, _, version = probe.stdout.strip().partition("\n")
        if probe.returncode == 0 and version.startswith("3.13."):
            return Interpreter(path=path, version=version)
    raise SetUpError("no Python 3.13 for the worker runtime: install it as python3.13, or say --without runtime")


def find_browser() -> dict[str, str]:
    """CHROMIUM and CHROMEDRIVER as paths, for the tests' environment."""
    found = {}
    for variable, usual in (("CHROMIUM", "chromium"), ("CHROMEDRIVER", "chromedriver")):
        path = shutil.which(os.environ.get(variable, usual))
        if path is None:
            raise SetUpError(
                f"{os.environ.get(variable, usual)} is not there: install it (Debian: apt-get install chromium "
                f"chromium-driver), name it in {variable}, or say --without browser"
            )
        found[variable] = path
    return found
