"""The locks as they are in the repository, and how the layers are told apart."""

import re
from pathlib import Path

import pytest

from tools import locks

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = locks.LAYERS


@pytest.mark.parametrize("layer", LAYERS)
def test_a_lock_pins_and_hashes_all_that_was_asked_for_and_names_no_host(layer):
    text = (ROOT / f"{layer}.txt").read_text()
    pins = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    lower = LAYERS[: LAYERS.index(layer) + 1]
    names = {
        name for each in lower for name in re.findall(r"^[\w.-]+", (ROOT / f"{each}.txt").read_text(), re.MULTILINE)
    }

    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
    assert _asked_for(layer) <= names
    assert not re.search(r"://|--index|--find-links", text + (ROOT / f"{layer}.in").read_text())
    assert not names & {"torch", "transformers", "sentence-transformers"}


def test_no_lock_repeats_what_a_lower_one_pins():
    pins = [re.findall(r"^\w[^\\\n]*", (ROOT / f"{layer}.txt").read_text(), re.MULTILINE) for layer in LAYERS]

    assert len({pin for layer in pins for pin in layer}) == sum(map(len, pins))


def test_the_lock_gives_each_python_its_line_of_azure_functions():
    pins = re.findall(r"^azure-functions==.*(?= \\)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    assert [re.sub(r"==(\d+)\S*", r"==\1.*", pin) for pin in pins] == [
        "azure-functions==1.* ; python_full_version < '3.13'",
        "azure-functions==2.* ; python_full_version >= '3.13'",
    ]


def test_every_direct_dependency_is_argued_for():
    documented = set(re.findall(r"^\| `([\w-]+)`", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE))

    assert documented == {name for layer in (*locks.LAYERS, *locks.ALONE) for name in _asked_for(layer)}


def _asked_for(layer: str) -> set[str]:
    lines = (ROOT / f"{layer}.in").read_text().splitlines()
    return {re.match(r"[\w.-]+", line)[0].lower() for line in lines if line[:1].isalpha()}


def test_locking_keeps_a_pin_that_a_lower_lock_makes_only_for_some():
    needs_it_everywhere, same, narrower = "a==1 \\\n", "b==1 ; os_name == 'nt' \\\n", "c==1 ; os_name == 'nt' \\\n"

    below = {"a==1 ; os_name == 'nt'", "b==1 ; os_name == 'nt'", "c==1"}

    assert [locks.is_new(block, below) for block in (needs_it_everywhere, same, narrower)] == [True, False, False]
