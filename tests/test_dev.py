"""dev.py from a stranger's side: a copy of it in a folder with spaces, tiny wheels, and no network at all."""

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["requirements", "requirements-local", "requirements-dev"]
LOCAL = "import json, os, sys, base_package, local_package; print(json.dumps([sys.argv[1:], os.getcwd(), sys.path[0]]))"


class Project:
    """A clone of Plumbline reduced to its set-up; its three locks pin one tiny wheel each."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a clone with spaces"
        self.wheels = folder / "wheels"
        self.wheels.mkdir(parents=True)
        shutil.copytree(ROOT / "tools", self.root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "dev.py", self.root)
        (self.root / "local").mkdir()
        (self.root / "local" / "__main__.py").write_text(LOCAL)
        for layer, name in zip(LAYERS, ["base_package", "local_package", "dev_package"], strict=True):
            self.lock(layer, name, "1.0")

    @property
    def stamp(self) -> Path:
        return self.root / ".venv" / "plumbline-stamp.json"

    def lock(self, layer: str, name: str, version: str, *, digest: str | None = None) -> None:
        wheel = self.wheels / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{name}.py", f"version = {version!r}\n")
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.root / f"{layer}.txt").write_text(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")

    def variables(self, **more: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        return {**kept, **offline, **more}

    def run(self, *arguments: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.root / "dev.py"), *arguments]
        return subprocess.run(
            command, cwd=cwd or self.root, env=self.variables(**more), capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose first installation was killed, and whose second run found everything it needs."""
    project = Project(tmp_path_factory.mktemp("ready"))
    command = [sys.executable, str(project.root / "dev.py"), "status"]
    with subprocess.Popen(
        command, env=project.variables(), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as first:
        assert first.stderr.readline().startswith("making .venv")
        os.killpg(first.pid, signal.SIGKILL)
    assert not project.stamp.exists()
    second = project.run("status")
    assert second.returncode == 0, second.stderr
    return project


@pytest.fixture
def untouched(project):
    """The ready project, given back with its stamp and locks as they were."""
    kept = {path: path.read_bytes() for path in [project.stamp, *project.root.glob("requirements*.txt")]}
    yield project
    for path, content in kept.items():
        path.write_bytes(content)


def test_a_command_gets_its_arguments_the_callers_folder_and_our_packages_first(project, tmp_path):
    (tmp_path / "local").mkdir()  # must not shadow ours

    done = project.run("ask", "what is this?", "--top", "3", cwd=tmp_path)

    assert json.loads(done.stdout) == [["ask", "what is this?", "--top", "3"], str(tmp_path), str(project.root)]


def test_the_second_run_does_nothing(project):
    stamped_at = project.stamp.stat().st_mtime_ns

    done = project.run("status", PIP_FIND_LINKS="")

    assert (done.returncode, done.stderr, project.stamp.stat().st_mtime_ns) == (0, "", stamped_at)


def test_an_interrupted_installation_is_repaired(project):
    assert project.stamp.exists()
    assert json.loads(project.stamp.read_text())["locks"].keys() == {"requirements.txt", "requirements-local.txt"}


def test_an_unreachable_index_is_named_with_the_fix(untouched):
    done = untouched.run(
        "lock", PIP_NO_INDEX="0", PIP_INDEX_URL="http://127.0.0.1:9/", PIP_FIND_LINKS="", PIP_RETRIES="1"
    )

    last = done.stderr.splitlines()[-1]
    assert (done.returncode, done.stdout) == (1, "")
    assert last.startswith("error: the package index cannot be reached: check the network and the proxy")


def test_a_package_that_is_not_the_locked_one_is_refused(untouched):
    untouched.lock("requirements-dev", "dev_package", "1.0", digest="0" * 64)

    done = untouched.run("--verbose", "lock")

    assert done.returncode == 1
    assert "Expected sha256 0000" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: a downloaded package is not the one that was locked")
    assert not untouched.stamp.exists()


def test_an_old_python_is_told_what_it_needs():
    stub = "import runpy, sys; sys.version_info = (3, 7, 16, 'final', 0); runpy.run_path('dev.py', run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", stub], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("error: Plumbline needs Python 3.11 or newer and this is Python 3.7")


def test_old_pythons_can_read_the_front_door():
    ast.parse((ROOT / "dev.py").read_text(), feature_version=(3, 6))


def test_help_needs_no_environment(tmp_path):
    done = Project(tmp_path).run("--help")

    assert done.returncode == 0
    assert re.findall(r"^  ([a-z-]+)", done.stdout, re.MULTILINE) == [
        *"up ask search status doctor dead-letters held crawls try-source plan eval bench azure smoke test lock".split()
    ]
