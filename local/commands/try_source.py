"""`try-source`: what a crawl would make of one page, beside the page itself."""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lib import composition
from lib.adapters.web import charsets
from lib.errors import BadInput
from lib.pipelines.source_names import named
from lib.pipelines.trial import Trial, try_source
from local.columns import cut, harmless, side_by_side, text_lines
from local.process import load_settings

WIDE = 120
"""Columns of a terminal from which on the texts stand side by side."""
LINES = 40
"""Of each text."""
MOST_RAW = 1_000_000
"""Bytes of the raw page that are shown at most."""
BECOMES = {
    "document": "a document",
    "held": "nothing yet: it would be held back",
    "noindex": "no document",
    "empty": "no document",
    "gone": "no document: the page is gone",
    "refused": "no document: the page is refused",
    "failed": "nothing: there was no answer that counts",
}


def run(options: argparse.Namespace) -> int:
    """Print what would become of a page; exit code 2 if it would not become a document."""
    settings = load_settings(options)
    if settings.sources_file == "registry":
        raise BadInput("the list of sources is kept in the registry: name a file with --sources")
    source = named(options.id, composition.sources())
    with tempfile.TemporaryDirectory(prefix="plumbline-try-") as folder, composition.prober(Path(folder)) as prober:
        trial = try_source(source, options.url or "", prober=prober)
    if options.raw:
        _keep(trial.fetched.raw, options.raw)
    if options.json:
        print(json.dumps(_report(trial), indent=2))
    else:
        for line in _lines(trial):
            print(harmless(line))
        for line in _texts(trial) if trial.page or trial.fetched.raw else ():
            print(line)
    return 0 if trial.verdict == "document" else 2


def _keep(raw: bytes, name: str) -> None:
    if not raw:
        print(f"nothing to write to {name}: there are no raw bytes", file=sys.stderr)
        return
    try:
        Path(name).write_bytes(raw)
    except OSError as error:
        raise BadInput(f"--raw {name!r} cannot be written: {error}") from error


def _report(trial: Trial) -> dict[str, Any]:
    report = asdict(trial)
    report["source"] = trial.source.id
    del report["fetched"]["raw"], report["fetched"]["page"]
    report["raw_bytes"] = len(trial.fetched.raw)
    return report


def _lines(trial: Trial) -> Iterator[str]:
    fetched, page = trial.fetched, trial.page
    more = " and more" if trial.lists_more else ""
    yield f"source      {trial.source.id} ({trial.source.kind}), lists {len(trial.listed)}{more}: {_some(trial.listed)}"
    if trial.listing_error:
        yield f"listing     FAILS: {trial.listing_error}"
    yield f"asked       {fetched.url}"
    if fetched.final_url and fetched.final_url != fetched.url:
        yield f"leads to    {fetched.final_url}"
    kind = f", {page.media_type}" if page else ""
    yield (
        f"answer      {_status(trial)}{kind}, {fetched.size_bytes:,} bytes in {fetched.requests} requests, "
        f"{trial.seconds:.2f} s"
    )
    yield f"validators  {_validators(trial)}"
    if page:
        yield f"title       {page.title or '(none)'}"
        yield f"language    {page.language or '(not said)'}, published {page.published or '(not said)'}"
        yield f"canonical   {page.canonical or '(this page)'}, noindex {'yes' if page.noindex else 'no'}"
        yield f"links       {trial.links_in_scope} in scope, {trial.links_out_of_scope} out of it"
        yield f"text by     {_extraction(trial)}"
        yield f"found       {', '.join(trial.flags) or 'nothing to flag'}"
    for note in trial.notes:
        yield f"note        {note}"
    yield f"becomes     {BECOMES[trial.verdict]}{_size(trial)}"
    if trial.reason:
        rule = f" ({trial.rule})" if trial.rule else ""
        yield f"because     {trial.reason}{rule}"
    if trial.fix:
        yield f"to do       {trial.fix}"


def _some(listed: tuple[str, ...]) -> str:
    return ", ".join(listed[:3]) + (", ..." if len(listed) > 3 else "") if listed else "nothing"


def _status(trial: Trial) -> str:
    if trial.extraction == "brought":
        return "came with the listing"
    return f"status {trial.fetched.status}" if trial.fetched.status else "no answer"


def _validators(trial: Trial) -> str:
    fetched = trial.fetched
    found = [f"{name} {value}" for name, value in (("ETag", fetched.etag), ("date", fetched.last_modified)) if value]
    return ", ".join(found) or "(none: each crawl fetches the page whole)"


def _extraction(trial: Trial) -> str:
    if trial.extraction == "selectors":
        names = ("select", "remove", "title", "published")
        given = [f"{name} {value!r}" for name in names if (value := getattr(trial.source, name))]
        return "selectors: " + ", ".join(given)
    return "the listing" if trial.extraction == "brought" else "automatic extraction"


def _size(trial: Trial) -> str:
    if trial.verdict not in ("document", "held"):
        return ""
    how = "" if trial.is_counted else " (estimated, by four characters each)"
    chunks = "1 chunk" if trial.chunks == 1 else f"{trial.chunks:,} chunks"
    return f", {chunks} with {trial.tokens:,} tokens{how}"


def _texts(trial: Trial) -> Iterator[str]:
    """The raw page beside the stored text, or above it where there is no room."""
    yield ""
    raw = _raw_lines(trial)
    text = trial.page.text.split("\n") if trial.page else []
    left, right = "WORDS OF THE RAW PAGE", "WHAT IS STORED" if trial.verdict == "document" else "WHAT WOULD BE STORED"
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    if width >= WIDE:
        yield from side_by_side([left, "", *raw], [right, "", *text], width=width, most=LINES)
        return
    for title, lines in ((left, raw), (right, text)):
        yield title
        yield from cut(["", *(lines if any(lines) else ["(none)"]), ""], width or WIDE, LINES)


def _raw_lines(trial: Trial) -> list[str]:
    raw = trial.fetched.raw
    kind = trial.page.media_type if trial.page else ""
    if not raw:
        return ["(there are no raw bytes)"]
    if b"\x00" in raw[:4096] or (kind and not kind.startswith("text/")):
        return [f"({len(raw):,} bytes of {kind or 'unknown type'}: keep them with --raw FILE)"]
    words = charsets.decode(raw[:MOST_RAW], "")
    return text_lines(words) if kind in ("", "text/html") else words.split("\n")
