"""When an environment is made, how far it got, and what went wrong; nothing is really installed here."""

import io
from pathlib import Path

import pytest

from tools import environment
from tools.environment import Interpreter
from tools.failures import explain
from tools.progress import ProgressLine, installation_status


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        (lambda world: None, []),
        (lambda world: world.locks.pop(), []),  # an environment with more than is asked for will do
        (lambda world: world.locks.append(world.lock("dev.txt")), ["install"]),
        (lambda world: world.lock("base.txt", "changed"), ["make", "install"]),
        (lambda world: world.stamp.unlink(), ["make", "install"]),
        (lambda world: world.stamp.write_text('{"cut sho'), ["make", "install"]),
        (lambda world: world.python.unlink(), ["make", "install"]),
        (lambda world: setattr(world, "maker", Interpreter(path="python", version="3.13.0")), ["make", "install"]),
    ],
    ids=["same", "fewer locks", "one more lock", "changed lock", "no stamp", "torn stamp", "no python", "other python"],
)
def test_an_environment_is_made_again_only_when_it_must(monkeypatch, tmp_path, change, steps):
    world = World(tmp_path, monkeypatch)
    world.prepare()
    world.steps.clear()

    change(world)
    world.prepare()

    assert world.steps == steps
    world.steps.clear()
    world.prepare()
    assert world.steps == []


class World:
    """environment.prepare with its two slow steps replaced by notes."""

    def __init__(self, folder: Path, monkeypatch) -> None:
        self.folder, self.steps = folder / ".venv", []
        self.python, self.stamp = self.folder / "bin" / "python", self.folder / "plumbline-stamp.json"
        self.locks = [self.lock("base.txt"), self.lock("local.txt")]
        self.maker = Interpreter(path="python", version="3.11.7")
        monkeypatch.setattr(environment, "_make", self._make)
        monkeypatch.setattr(environment, "_install", lambda *_, **__: self.steps.append("install"))

    def lock(self, name: str, content: str = "") -> Path:
        path = self.folder.with_name(name)
        path.write_text(content)
        return path

    def prepare(self) -> None:
        environment.prepare(self.folder, self.locks, self.maker)

    def _make(self, *_: object, **__: object) -> None:
        self.steps.append("make")
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full: free"),
        ("[Errno 13] Permission denied: '/srv/.venv'", "cannot be written: clone the repository to a folder"),
        ("The virtual environment was not created because ensurepip is not available.", "apt install python3-venv"),
        ("/usr/bin/python3: No module named venv", "apt install python3-venv"),
        ("SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')", "set PIP_CERT"),
        ("ERROR: No matching distribution found for nh3==0.3.8", "no ready-made nh3==0.3.8 for this Python"),
        ("something\nnobody expected\n\n", "setting up failed (nobody expected): run this again with --verbose"),
    ],
)
def test_a_failure_is_explained_in_one_line_with_its_fix(output, message):
    explained = explain(output)

    assert message in explained
    assert "\n" not in explained


def test_progress_counts_what_this_machine_needs():
    output = ["Ignoring colorama: markers 'sys_platform' don't match\n", "Collecting numpy==2.4.6 (from -r x)\n"]

    assert installation_status(output, pinned=3, installed=0) == "downloading 1/2 numpy"
    assert (
        installation_status([*output, "Installing collected packages: a\n"], pinned=3, installed=1) == "installing 1/2"
    )


def test_progress_off_a_terminal_is_at_most_one_line_a_second():
    stream = io.StringIO()
    with ProgressLine(stream) as line:
        for number in range(1000):
            line.show(f"installing {number}/1000")
        line.show("ready", last=True)

    assert stream.getvalue().splitlines() == ["installing 0/1000", "ready"]
