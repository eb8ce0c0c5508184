"""What is deployed, and nothing else, runs in the real worker with nothing but requirements.txt installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.test_worker_runtime import FUNCTIONS

pytestmark = pytest.mark.runtime

ROOT = Path(__file__).resolve().parents[2]


def _listed(*options: str) -> set[str]:
    command = ["git", "ls-files", "-z", "--cached", *options]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(filter(None, listed.split("\0")))


@pytest.fixture
def package(tmp_path):
    """The files that .funcignore lets through, in a folder of their own."""
    for name in _listed() - _listed("--ignored", "--exclude-from=.funcignore"):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_package_holds_what_runs_in_azure_and_nothing_of_the_laptop(package):
    assert {path.name for path in package.iterdir()} == {
        *("blueprints", "docs", "lib", "web"),
        *("function_app.py", "host.json", "requirements.txt", "sources.yaml", "LICENSE", "README.md"),
    }


def test_the_worker_takes_the_package_with_only_its_requirements(package):
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.package", str(package)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.stdout.splitlines() == [f"taken: {', '.join(FUNCTIONS)}", f"imported from {package}"], done.stderr
