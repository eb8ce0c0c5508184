"""Where people open a file of a repository in their browser."""

from urllib.parse import quote, urlsplit

from lib.adapters.sources.addresses import Addresses


def addresses_of(repository: str, branch: str) -> Addresses:
    """
    The addresses of the files of a branch, as the forges make them; elsewhere they are below that of the repository.

    repository: its https URL, with or without `.git`.
    Source: what the web pages of the forges link to, 2026-11.
    """
    base = repository.rstrip("/").removesuffix(".git").rstrip("/")
    host = urlsplit(base).hostname or ""
    ref = quote(branch, safe="/")
    if host == "github.com":
        return Addresses(f"{base}/blob/{ref}/")
    if host == "gitlab.com" or host.startswith("gitlab."):
        return Addresses(f"{base}/-/blob/{ref}/")
    if host == "bitbucket.org":
        return Addresses(f"{base}/src/{ref}/")
    if host == "dev.azure.com" or host.endswith(".visualstudio.com"):
        return Addresses(f"{base}?path=/", f"&version=GB{ref}")
    if host in ("codeberg.org", "gitea.com") or host.startswith(("gitea.", "forgejo.")):
        return Addresses(f"{base}/src/branch/{ref}/")
    return Addresses(f"{base}/")
