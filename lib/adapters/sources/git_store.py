"""Repositories to read files of: one on this machine, or the newest commit of a remote one, kept as packs."""

import json
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, Protocol

from dulwich.errors import NotGitRepository
from dulwich.object_store import BaseObjectStore, DiskObjectStore
from dulwich.repo import Repo

from lib.adapters.sources.git_packs import check_pack
from lib.adapters.sources.git_remote import DAMAGED, Head, Remote
from lib.adapters.sources.git_trees import has_object, list_files
from lib.errors import BadInput, PlumblineError, Unreachable
from lib.ports.source_reader import Account

MAX_PACKS = 16
"""Each new commit adds a pack; then all is fetched anew, so that what nobody needs any more goes."""


class Repository(Protocol):
    """A branch of a repository. Threads share it."""

    def head(self, account: Account) -> Head:
        """Ask for the newest commit. Raises: BadInput if there is none, Unreachable."""

    def open(
        self, head: Head | None, account: Account, *, needs: Collection[str] = ()
    ) -> AbstractContextManager[tuple[Head, BaseObjectStore]]:
        """
        Hold the objects of a commit; without one, of that which is at hand if it has all that is needed, or the newest.

        needs: ids of blobs; an empty one, which is never at hand, asks for the newest commit.
        Raises: as `head`.
        """

    def forget(self) -> None:
        """Drop what was fetched, since it turned out to be damaged: it is fetched whole again."""


class LocalRepository:
    """A repository in a folder of this machine, with files checked out or not; nothing of it is copied or written."""

    def __init__(self, path: str, *, branch: str) -> None:
        self._path = path
        self._branch = branch

    def head(self, account: Account) -> Head:
        with self._repo() as repo:
            return self._head(repo)

    @contextmanager
    def open(
        self, head: Head | None, account: Account, *, needs: Collection[str] = ()
    ) -> Iterator[tuple[Head, BaseObjectStore]]:
        with self._repo() as repo:
            yield head or self._head(repo), repo.object_store

    def forget(self) -> None:
        """Nothing was fetched."""

    def _head(self, repo: Repo) -> Head:
        name = f"refs/heads/{self._branch}".encode() if self._branch else b"HEAD"
        try:
            chain, commit = repo.refs.follow(name)  # type: ignore[arg-type]  # Ref is bytes
        except (KeyError, ValueError) as error:
            raise BadInput(f"the repository {self._path!r} has a wrong {name!r} ({error})") from error
        if commit is None:
            why = f"has no branch {self._branch!r}" if self._branch else "has no commit yet"
            raise BadInput(f"the repository {self._path!r} {why}: correct `branch` or `start`")
        return Head(branch=chain[-1].decode("utf-8", "replace").removeprefix("refs/heads/"), commit=commit.decode())

    @contextmanager
    def _repo(self) -> Iterator[Repo]:
        try:
            opened = Repo(self._path)
        except (NotGitRepository, FileNotFoundError, NotADirectoryError) as error:
            raise BadInput(
                f"there is no repository at {self._path!r}: give its https address, or a folder that holds one"
            ) from error
        except (OSError, ValueError) as error:
            raise Unreachable(f"the repository {self._path!r} cannot be opened ({error}): see its rights") from error
        with closing(opened):
            yield opened


class FetchedRepository:
    """The newest commit of a remote branch, in a folder of ours, without a working tree: names make no paths here."""

    def __init__(self, remote: Remote, *, branch: str, folder: Path, max_blob_bytes: int) -> None:
        self._remote = remote
        self._branch = branch
        self._folder = folder
        self._max_blob_bytes = max_blob_bytes
        self._lock = threading.Lock()

    def head(self, account: Account) -> Head:
        return self._remote.head(self._branch, account)

    @contextmanager
    def open(
        self, head: Head | None, account: Account, *, needs: Collection[str] = ()
    ) -> Iterator[tuple[Head, BaseObjectStore]]:
        with self._lock:
            kept = self._kept()
            if head is None and (kept is None or not self._has(needs)):
                head = self.head(account)
            if kept is None or (head and kept.commit != head.commit):
                assert head is not None
                try:
                    kept = self._fetch(head, kept, account)
                except OSError as error:
                    raise Unreachable(f"the repository cannot be kept in {str(self._folder)!r} ({error})") from error
        with closing(DiskObjectStore(self._objects)) as objects:
            yield kept, objects

    def forget(self) -> None:
        with self._lock:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _objects(self) -> Path:
        return self._folder / "objects"

    def _has(self, names: Collection[str]) -> bool:
        try:
            with closing(DiskObjectStore(self._objects)) as objects:
                return all(has_object(objects, name) for name in names)
        except (*DAMAGED, OSError):
            return False  # reading will say so

    def _packs(self) -> list[str]:
        return sorted(path.name for path in (self._objects / "pack").glob("pack-*.pack"))

    def _kept(self) -> Head | None:
        """What the folder holds; None if a file of it is missing, since folders of temporary files are swept."""
        try:
            note = json.loads((self._folder / "head.json").read_text(encoding="utf-8"))
            return Head(**note["head"]) if set(note["packs"]) <= set(self._packs()) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _fetch(self, head: Head, kept: Head | None, account: Account) -> Head:
        if kept and len(self._packs()) < MAX_PACKS:
            try:
                return self._add(head, kept, account)
            except PlumblineError:
                pass  # what is kept may be of no use with what came: without it, nothing is missing
        shutil.rmtree(self._folder, ignore_errors=True)
        return self._add(head, None, account)

    def _add(self, head: Head, kept: Head | None, account: Account) -> Head:
        have, was_filtered = (kept.commit, kept.is_filtered) if kept else ("", False)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._objects.exists():
            DiskObjectStore.init(self._objects).close()
        with tempfile.TemporaryFile(dir=self._folder) as pack:
            limit = self._max_blob_bytes
            is_filtered = self._remote.fetch(head, have=have, max_blob_bytes=limit, into=pack, account=account)
            self._take_in(pack)
        got = Head(branch=head.branch, commit=head.commit, is_filtered=is_filtered or was_filtered)
        with closing(DiskObjectStore(self._objects)) as objects:
            for _ in list_files(objects, head.commit):  # Raises if a folder is missing.
                pass
        note = self._folder / "head.json.new"
        note.write_text(json.dumps({"head": asdict(got), "packs": self._packs()}), encoding="utf-8")
        note.replace(self._folder / "head.json")
        return got

    def _take_in(self, pack: BinaryIO) -> None:
        pack.flush()
        check_pack(pack)
        pack.seek(0)
        try:
            with closing(DiskObjectStore(self._objects)) as objects:
                objects.add_thin_pack(pack.read, None)
        except (*DAMAGED, OSError) as error:
            raise Unreachable(f"the repository sent a pack that cannot be read ({error}): try again") from error
