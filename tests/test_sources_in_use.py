"""The list of sources that is in use: what cannot be read is said with the fix, and the last good list stays."""

from pathlib import Path

import pytest

from lib.errors import BadSources
from lib.sources_in_use import SourcesInUse

GOOD = "sources:\n  - {id: a, kind: push}\n"


def in_use(file: Path) -> SourcesInUse:
    """Of a file; no registry is asked."""
    return SourcesInUse(str(file), base_url="http://localhost", root=file.parent, registry=pytest.fail)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD.encode() + b"# caf\xe9\n", "sources.yaml:3: not UTF-8 at byte 0xe9: save the file as UTF-8"),
        (GOOD.encode("utf-16"), "sources.yaml:1: not UTF-8 at byte 0xff: save the file as UTF-8"),
    ],
)
def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path, body: bytes, said: str) -> None:
    file = tmp_path / "sources.yaml"
    file.write_bytes(body)

    with pytest.raises(BadSources, match=f"{said}$"):
        in_use(file).now()


def test_a_folder_in_place_of_a_file_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(BadSources, match="give the file's path, and see its rights"):
        in_use(tmp_path).now()


def test_a_list_that_becomes_odd_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(GOOD)
    used = in_use(file)
    before = used.now()
    file.write_text("sources: " + "[" * 100_000)

    assert used.now() == before
    assert "nested more than 20 deep" in used.error()
