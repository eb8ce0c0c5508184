"""Markdown to HTML: answers, which nobody trusts, and the manual, which is ours."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from lib.domain.answers import Answer, Citation

_MARKER = re.compile(r"\[(\d{1,4})\]")
_CITATION_PREFIX = "/#/documents/"
_ANSWER_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li"),
    *("strong", "em", "s", "code", "pre", "a", "sup", "table", "thead", "tbody", "tr", "th", "td"),
}
_ANSWER_ATTRIBUTES = {"a": {"href", "title", "data-marker", "aria-label"}, "ol": {"start"}}
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6"}
"""An answer sits below the page's own headings."""


def answer_html(answer: Answer) -> str:
    """
    Write an answer as safe HTML; each marker `[n]` that has a citation becomes a link to its quote.

    No images (an answer could send its question to another server by showing one), no raw HTML, no links but to http
    and https.
    """
    links = {citation.marker: citation_path(citation) for citation in answer.citations}
    titles = {citation.marker: citation.title for citation in answer.citations}
    parser = _answer_parser()
    environment = {"links": links, "titles": titles}
    tokens = parser.parse(answer.text, environment)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    return _sanitise(parser.renderer.render(tokens, parser.options, environment))


def citation_path(citation: Citation) -> str:
    """Where the page opens a citation at its quote."""
    c = citation
    return f"{_CITATION_PREFIX}{c.document_id}?version={c.document_version}&start={c.start}&end={c.end}"


def _sanitise(html: str) -> str:
    """Keep what is listed: the second line of defence, behind a parser that makes no raw HTML."""
    return nh3.clean(
        html,
        tags=_ANSWER_TAGS,
        attributes=_ANSWER_ATTRIBUTES,
        allowed_classes={"a": {"marker"}},
        url_schemes={"http", "https"},
        url_relative=lambda url: url if url.startswith(_CITATION_PREFIX) else None,
        link_rel="noopener noreferrer nofollow",
    )


@lru_cache(maxsize=1)
def _answer_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = _is_web_link  # type: ignore[method-assign]
    parser.inline.ruler.before("link", "marker", _marker_rule)
    parser.add_render_rule("marker", _render_marker)
    return parser


def _is_web_link(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _marker_rule(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
    match = _MARKER.match(state.src, state.pos)
    if not match or int(match[1]) not in state.env["links"]:
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")  # a marker hangs on its statement
        state.push("marker", "", 0).content = match[1]
    state.pos = match.end()
    return True


def _render_marker(_: RendererHTML, tokens: Sequence[Token], idx: int, __: object, env: dict[str, Any]) -> str:
    n = int(tokens[idx].content)
    title = escapeHtml(env["titles"][n])
    href = escapeHtml(env["links"][n])
    return (
        f'<sup><a class="marker" data-marker="{n}" href="{href}" title="{title}" '
        f'aria-label="Source {n}: {title}">{n}</a></sup>'
    )


def manual_html(text: str, *, resolve: Callable[[str], str | None]) -> str:
    """
    Write a page of the manual as HTML: headings with ids, tables, code; raw HTML is shown, not used.

    resolve: turns the target of a relative link or image into an address, or None to drop the link.
    """
    parser = _plain_parser()
    tokens = parser.parse(text)
    seen: dict[str, int] = {}
    for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and inline is not None:
            token.attrSet("id", _unique(slug(_plain(inline)), seen))
    for token in tokens:
        token.children = _resolved(token.children, resolve) if token.children else token.children
    return str(parser.renderer.render(tokens, parser.options, {}))


@lru_cache(maxsize=1)
def _plain_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def inline_html(text: str) -> str:
    """Write a sentence of ours as HTML: code, emphasis and links, no blocks."""
    return str(_plain_parser().renderInline(text))


def first_heading(text: str) -> str:
    """The first level-one heading of a Markdown text, without markup; empty if it has none."""
    tokens = _plain_parser().parse(text)
    return next((_plain(inline) for token, inline in pairwise(tokens) if token.markup and token.tag == "h1"), "")


def slug(text: str) -> str:
    """Make an anchor of a heading, as GitHub does: `Add a source` is `add-a-source`."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def _unique(anchor: str, seen: dict[str, int]) -> str:
    seen[anchor] = seen.get(anchor, -1) + 1
    return f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor


def _plain(inline: Token) -> str:
    return "".join(t.content for t in inline.children or [] if t.type in ("text", "code_inline"))


def _resolved(children: Sequence[Token], resolve: Callable[[str], str | None]) -> list[Token]:
    """Rewrite relative targets; a link that leads nowhere loses its tags and keeps its text."""
    kept: list[Token] = []
    dropped = 0
    for token in children:
        name = {"link_open": "href", "image": "src"}.get(token.type)
        target = str(token.attrGet(name)) if name else ""
        if name and not re.match(r"^([a-z][a-z0-9+.-]*:|#)", target):
            address = resolve(target)
            if address is None:
                dropped += token.type == "link_open"
                continue
            token.attrSet(str(name), address)
        if token.type == "link_close" and dropped:
            dropped -= 1
            continue
        kept.append(token)
    return kept
