"""Logs as telemetry: our own lines, other libraries' warnings, and no text that an error may quote."""

import copy
import logging
import traceback

from lib.errors import PlumblineError

_OWN = ("lib", "blueprints", "local", "function_app")
"""Loggers whose every line is exported; of others, warnings."""
_SILENT = ("opentelemetry", "azure.monitor", "azure.core", "azure.identity", "urllib3")
"""Loggers that speak while telemetry is sent: to export them too would never end."""


def export_logs() -> None:
    """
    Send the lines of this process to OpenTelemetry's logger provider, beside where they go already.

    What is logged at all, the level of each logger decides. An error that is logged with its traceback is exported with
    its type and the places in the code; its message only if it is one of ours, whose messages quote no texts.
    """
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

    logging.getLogger().addHandler(_Exporting(LoggingHandler()))


class _Exporting(logging.Handler):
    """Hands a record on without what must not leave the process; other handlers see it as it is."""

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__()
        self._handler = handler

    def filter(self, record: logging.LogRecord) -> bool:
        if _is_within(record.name, _SILENT):
            return False
        return record.levelno >= logging.WARNING or _is_within(record.name, _OWN)

    def emit(self, record: logging.LogRecord) -> None:
        kept = copy.copy(record)
        kept.exc_info = kept.exc_text = kept.stack_info = None
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            kept.__dict__["exception.type"] = type(error).__name__
            kept.__dict__["exception.message"] = str(error) if isinstance(error, PlumblineError) else ""
            kept.__dict__["exception.stacktrace"] = "".join(traceback.format_tb(error.__traceback__))
        self._handler.handle(kept)


def _is_within(name: str, loggers: tuple[str, ...]) -> bool:
    return any(name == logger or name.startswith(logger + ".") for logger in loggers)
