"""Trees of git: listing and looking up files. Names in them are data: no path is ever made on a disk."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass

from dulwich.errors import ObjectFormatException
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Blob, Commit, ObjectID, Tree

from lib.errors import BadInput, Unreachable

MAX_ENTRIES = 1_000_000
"""Files and folders of one commit: a tree can name itself so often that it never ends."""
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of a commit."""

    path: str
    """UTF-8, other bytes as surrogates."""
    name: str
    """Of its bytes: the id of the blob."""


def list_files(objects: BaseObjectStore, commit: str) -> Iterator[TreeFile]:
    """
    List regular files by path, without links, submodules, and what is hidden or has a name that no folder can have.

    Raises: Unreachable if an object is missing, BadInput if the tree is damaged or too large.
    """
    waiting = [(b"", _tree_of(objects, commit), 1)]
    seen = 0
    while waiting:
        below, tree, depth = waiting.pop()
        folders = []
        for entry in _tree(objects, tree).items():
            seen += 1
            if seen > MAX_ENTRIES:
                raise BadInput(f"the repository lists more than {MAX_ENTRIES:,} files: it is too large")
            if not entry.path or entry.path.startswith(b".") or b"/" in entry.path or b"\0" in entry.path:
                continue
            path = below + entry.path
            if stat.S_ISDIR(entry.mode) and depth < MAX_DEPTH:
                folders.append((path + b"/", entry.sha, depth + 1))
            elif stat.S_ISREG(entry.mode):
                yield TreeFile(path.decode("utf-8", "surrogateescape"), entry.sha.decode("ascii"))
        waiting.extend(reversed(folders))


def find_file(objects: BaseObjectStore, commit: str, path: str) -> str:
    """Give the blob of a path; empty if the commit has no such file. Raises: as `list_files`."""
    parts = path.encode("utf-8", "surrogateescape").split(b"/")
    name = _tree_of(objects, commit)
    for part in parts[:-1]:
        mode, name = _entry(objects, name, part)
        if not stat.S_ISDIR(mode):
            return ""
    mode, name = _entry(objects, name, parts[-1])
    return name.decode("ascii") if stat.S_ISREG(mode) else ""


def has_object(objects: BaseObjectStore, name: str) -> bool:
    """Say whether the store has an object; an empty name names none."""
    return bool(name) and ObjectID(name.encode("ascii", "replace")) in objects


def read_blob(objects: BaseObjectStore, name: str) -> bytes | None:
    """The bytes of a file; None if the store has no such object."""
    try:
        found = objects[ObjectID(name.encode("ascii"))]
    except KeyError:
        return None
    return found.data if isinstance(found, Blob) else None


def _entry(objects: BaseObjectStore, tree: ObjectID, part: bytes) -> tuple[int, ObjectID]:
    """Mode and id of an entry; mode 0 if there is none."""
    try:
        mode, name = _tree(objects, tree)[part]
    except KeyError:
        return 0, tree
    return mode, ObjectID(bytes(name))


def _tree_of(objects: BaseObjectStore, commit: str) -> ObjectID:
    try:
        found = objects[ObjectID(commit.encode("ascii"))]
        if isinstance(found, Commit):
            return ObjectID(bytes(found.tree))
    except KeyError as error:
        raise Unreachable(f"commit {commit!r} is not at hand: try again") from error
    except (ObjectFormatException, ValueError) as error:
        raise BadInput(f"commit {commit!r} cannot be read: it is damaged ({error})") from error
    raise BadInput(f"{commit!r} is no commit: name a branch")


def _tree(objects: BaseObjectStore, name: ObjectID) -> Tree:
    try:
        found = objects[name]
    except KeyError as error:
        raise Unreachable("a folder of the repository is not at hand: try again") from error
    except (ObjectFormatException, ValueError) as error:
        raise BadInput(f"a folder of the repository cannot be read: it is damaged ({error})") from error
    if not isinstance(found, Tree):
        raise BadInput("a folder of the repository is none: it is damaged")
    return found
