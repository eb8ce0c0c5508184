"""What readers of sources are made of: shared by all kinds of one process."""

from dataclasses import dataclass, field

from lib.adapters.files.limited import LimitedParser
from lib.adapters.web.secrets import headers_of
from lib.adapters.web.web_reader import WebReader
from lib.ports.clock import Clock
from lib.settings import Settings

__all__ = ["Tools", "headers_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Settings, time and the polite web client; hosts are asked by one of these, so that their pauses are kept."""

    settings: Settings
    clock: Clock
    web: WebReader = field(repr=False)
    parser: LimitedParser = field(repr=False)
