"""Folders that somebody changes while they are read."""

import os

import pytest

from lib.adapters.sources import folders
from lib.adapters.sources.folders import LocalFolder


@pytest.mark.skipif(not folders._HAS_OPENAT, reason="this system opens files by their whole path only")
@pytest.mark.parametrize("opening", range(4))
@pytest.mark.parametrize("swapped", ["deep", "deep/er", "deep/er/notes.txt"])
def test_what_is_swapped_for_a_link_at_any_moment_leads_nowhere(tmp_path, monkeypatch, opening, swapped):
    root, outside = tmp_path / "docs", tmp_path / "outside"
    for place, text in ((root, "ours"), (outside, "secret")):
        (place / "deep" / "er").mkdir(parents=True)
        (place / "deep" / "er" / "notes.txt").write_text(text)
    opened, calls = os.open, []

    def swapping(path, *arguments, **options):
        if len(calls) == opening:
            (root / swapped).rename(tmp_path / "before")
            (root / swapped).symlink_to(outside / swapped)
        calls.append(path)
        return opened(path, *arguments, **options)

    monkeypatch.setattr(folders.os, "open", swapping)
    try:
        body = LocalFolder(str(root)).read("deep/er/notes.txt", known="", max_bytes=100).body
    except OSError:
        body = None

    assert calls
    assert body in (b"ours", None)
