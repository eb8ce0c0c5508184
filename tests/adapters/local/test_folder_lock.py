import os
import subprocess
import sys

import pytest

from lib.adapters.local.folder_lock import FolderLock
from lib.errors import AlreadyRunning, BadInput, StoreCorrupt

HOLD = """
import sys
from pathlib import Path
from lib.adapters.local.folder_lock import FolderLock

with FolderLock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of tmp_path / "data"."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "data"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_the_folder_is_made(tmp_path):
    with FolderLock(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / "data").is_dir()


def test_a_second_process_is_told_who_holds_the_folder_and_what_to_do(holder, tmp_path):
    with pytest.raises(AlreadyRunning) as caught:
        FolderLock(tmp_path / "data").acquire()

    assert f"process {holder.pid}" in str(caught.value)
    assert str(tmp_path / "data") in str(caught.value)
    assert "--data" in str(caught.value)


def test_a_killed_holder_leaves_the_folder_free(holder, tmp_path):
    holder.kill()
    holder.wait()

    with FolderLock(tmp_path / "data"):
        assert (tmp_path / "data" / "running.pid").read_text() == f"{os.getpid()}\n"


def test_a_second_lock_in_the_same_process_is_refused_too(tmp_path):
    with FolderLock(tmp_path), pytest.raises(AlreadyRunning, match=str(os.getpid())):
        FolderLock(tmp_path).acquire()
    with FolderLock(tmp_path):
        pass


def test_a_failed_attempt_does_not_weaken_the_lock(tmp_path):
    with FolderLock(tmp_path):
        for _ in range(3):
            with pytest.raises(AlreadyRunning):
                FolderLock(tmp_path).acquire()
        other = subprocess.run([sys.executable, "-c", HOLD, tmp_path], capture_output=True, text=True, check=False)
        assert "AlreadyRunning" in other.stderr


def test_releasing_twice_is_no_error(tmp_path):
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()
    lock.release()

    assert not (tmp_path / "running.pid").exists()


def test_other_folders_are_free(holder, tmp_path):
    with FolderLock(tmp_path / "other"):
        pass


def test_a_file_in_the_folders_place_is_named_with_the_fix(tmp_path):
    (tmp_path / "data").write_text("a file")

    with pytest.raises(BadInput, match="--data"):
        FolderLock(tmp_path / "data").acquire()


def test_a_lock_file_that_somebody_wrote_to_is_named(tmp_path):
    (tmp_path / "running.lock").write_bytes(b"this is no lock file" * 100)

    with pytest.raises(StoreCorrupt, match=r"running\.lock"):
        FolderLock(tmp_path).acquire()


def test_an_unreadable_pid_does_not_hide_that_it_is_locked(tmp_path):
    with FolderLock(tmp_path):
        (tmp_path / "running.pid").write_bytes(b"\xff\xfe")
        with pytest.raises(AlreadyRunning, match="unknown"):
            FolderLock(tmp_path).acquire()
