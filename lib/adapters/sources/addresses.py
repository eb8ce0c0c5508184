"""Addresses of files: from a path to where people open it, and back."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from lib.domain.urls import normalise


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of all files of a place: what stands before the quoted path, and what stands after it."""

    before: str
    after: str = ""

    def of(self, path: str) -> str:
        """
        Give the one spelling of a file's address; empty if it cannot have one.

        path: parts joined by `/`; bytes that are not UTF-8 are surrogates, as the file system's functions give them.
        Edge: a path with empty or dot parts or a zero byte has none, nor has one of more than 4096 characters.
        """
        if not is_plain(path):
            return ""
        try:
            url = self.before + quote(path, safe="/", errors="surrogateescape") + self.after
        except UnicodeEncodeError:
            return ""
        return url if not url.startswith("http") or normalise(url) == url else ""

    def path_of(self, url: str) -> str:
        """Give the path that has this address; empty if none has. No path leads out of its place."""
        if not (url.startswith(self.before) and url.endswith(self.after)):
            return ""
        quoted = url[len(self.before) : len(url) - len(self.after)]
        path = unquote(quoted, errors="surrogateescape")
        return path if self.of(path) == url else ""


def is_plain(path: str) -> bool:
    """Say whether a path names something below its start, spelled in one way."""
    return "\0" not in path and not any(part in ("", ".", "..") for part in path.split("/"))


def is_hidden(path: str) -> bool:
    """Say whether a path has a part that begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))
