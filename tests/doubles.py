"""The only two test doubles: what cannot be had from the local adapters is a failure on command, and time."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

_Port = TypeVar("_Port")


class SettableClock:
    """A Clock that stands still until it is told."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def failing(port: _Port, method: str, *, error: BaseException, on_call: int = 1, after: bool = False) -> _Port:
    """
    Wrap a port so that call number `on_call` of the method raises the error; all else goes through.

    `after`: the call does its work first, and only its answer is lost.
    """
    return cast("_Port", _Failing(port, method, error, on_call, after=after))


class _Failing:
    def __init__(self, port: object, method: str, error: BaseException, on_call: int, *, after: bool) -> None:
        getattr(port, method)  # a misspelt method would never fail
        self._port, self._method, self._error, self._left, self._after = port, method, error, on_call, after

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)
        return self._count(attribute) if name == self._method else attribute

    def _count(self, call: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise self._error
            result = call(*args, **kwargs)
            if self._left == 0:
                raise self._error
            return result

        return counted
