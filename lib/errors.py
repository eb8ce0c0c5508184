"""
Every error Plumbline raises, as one tree.

    PlumblineError
    ├── Transient                 try again later: a trigger re-raises it and the host redelivers
    │   ├── Throttled             a service asked us to slow down; carries retry_after_s
    │   ├── NotYet                what the message names is not visible yet (an older version was read)
    │   ├── Unreachable           a service or site did not answer; may carry retry_after_s and the host
    │   └── StorageFull           no room to write; nothing was written
    ├── Permanent                 trying again cannot help: record it, set the message aside
    │   ├── BadInput              the caller sent something wrong; the message says what and the fix
    │   │   └── BadSources        sources.yaml is wrong, with file, line and fix
    │   ├── NotFound              no such thing
    │   ├── Gone                  it existed and was deleted
    │   ├── Forbidden             it exists and the caller may not have it
    │   ├── Conflict              somebody else wrote first: read again
    │   ├── ContentFiltered       a content filter blocked what was sent to a model, or its answer
    │   ├── NotConfigured         the settings name no model that can do this
    │   ├── ModelMissing          the embedded model's files are not installed
    │   ├── ModelAltered          the embedded model's files are not the ones that were measured
    │   ├── DimensionMismatch     a vector's length is not the index's
    │   └── StoreCorrupt          a database file is damaged
    └── AlreadyRunning            another process works on this data folder

Messages say what was wrong, which one (!r) and what to do. Whatever they quote, no secret of an address is in them.
"""

from lib.redaction import redacted


class PlumblineError(Exception):
    """The base of all errors raised on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(redacted(message))


class Transient(PlumblineError):
    """It may work later; the host redelivers."""


class Throttled(Transient):
    """A service asked us to slow down."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotYet(Transient):
    """What a message names is not visible yet."""


class Unreachable(Transient):
    """A service or a site did not answer."""

    def __init__(self, message: str, *, retry_after_s: float = 0, host: str = "") -> None:
        super().__init__(message)
        self.retry_after_s, self.host = retry_after_s, host
        """How long that host wants to be left alone; 0: it did not say."""


class StorageFull(Transient):
    """No room to write; nothing was written."""


class Permanent(PlumblineError):
    """Trying again cannot help."""


class BadInput(Permanent):
    """The caller sent something wrong."""


class BadSources(BadInput):
    """The sources file is wrong."""


class NotFound(Permanent):
    """There is no such thing."""


class Gone(Permanent):
    """It existed and was deleted."""


class Forbidden(Permanent):
    """It exists, and the caller may not have it."""


class Conflict(Permanent):
    """Somebody else wrote first."""


class ContentFiltered(Permanent):
    """A content filter blocked what was sent to a model, or its answer."""


class NotConfigured(Permanent):
    """The settings name no model that can do this."""


class ModelMissing(Permanent):
    """The embedded model's files are not installed."""


class ModelAltered(Permanent):
    """The embedded model's files are not the ones that were measured."""


class DimensionMismatch(Permanent):
    """A vector's length is not the one the index was made for."""


class StoreCorrupt(Permanent):
    """A database file is damaged."""


class AlreadyRunning(PlumblineError):
    """Another process works on this data folder."""
