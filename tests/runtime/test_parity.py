"""What our loader refuses of an app's code, the real worker refuses too; what ours takes, it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.rig import FEED, PRELUDE, QUEUE, Rig
from tests.host.test_host import CHAIN
from tests.host.test_http import HTTP, ROUTES
from tests.host.test_loader import REFUSED
from tests.host.test_outputs import OUTPUTS

pytestmark = pytest.mark.runtime

ROOT = Path(__file__).resolve().parents[2]
BOTH_REFUSE = [
    "two apps",
    "a broken import",
    "a name used twice",
    "a parameter without a binding",
    "a binding without a parameter",
    "a wrong annotation",
    "an output that is not Out",
    "an input that is Out",
    "a context of another type",
    "a retry delay that is none",
    "an unknown retry strategy",
    "classic HTTP types",
    "an output of list[str]",
]
MORE = {
    "an output of list[str]": QUEUE
    + '@app.queue_output(arg_name="o", queue_name="next", connection="C")\n'
    + "def f(message: str, o: func.Out[list[str]]) -> None: ..."
}
BOTH_TAKE = {
    "every way to write to a queue": PRELUDE + OUTPUTS,
    "a chain of functions": PRELUDE + CHAIN,
    "three routes": HTTP + ROUTES,
    "no annotations": PRELUDE + QUEUE + "def f(message): ...",
    "the text of a batch": PRELUDE + FEED + "def f(items: str) -> None: ...",
}


def ask_worker(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.check", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


@pytest.mark.parametrize("case", BOTH_REFUSE)
def test_the_worker_refuses_it_too(rig, case):
    source = MORE[case] if case in MORE else REFUSED[case][0]
    assert ask_worker(rig.write(source)).startswith("refused: ")


@pytest.mark.parametrize("case", BOTH_TAKE)
def test_both_take_it(rig, case):
    app = rig.write(BOTH_TAKE[case], prelude="")
    assert ask_worker(app).startswith("taken: ")
    rig.started()
