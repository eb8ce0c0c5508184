"""Cleaning: from a document's Markdown to the snapshot that is chunked, embedded and quoted."""

import re
import unicodedata
from collections.abc import Iterator

from lib.domain.table_pieces import in_pieces

VERSION = "2"
"""Part of the recipe of a feature set: another cleaner needs another set. Change it with any change of output."""

_MOST_PASSES = 8

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Controls, soft hyphen, zero-width characters, bidirectional marks, lone surrogates, what Unicode calls noncharacters.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
# Joiners spell words in Persian and Hindi and hold emoji together; beside Latin text they only hide words.
_JOINERS = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\u200c\u200d])")

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.{1,500}?)(?<!`)\1(?!`)")
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|hr|center)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(r"</?(?:a|b|i|em|strong|span|u|s|small|font|sup|sub|mark|abbr)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\[\]]{0,1000}\](?:\([^()]{0,2000}(?:\([^()]{0,500}\)[^()]{0,2000})?\)|\[[^\[\]]{0,200}\])")
_LINK = re.compile(r"(?<!\\)\[([^\[\]]{0,1000})\]\([^()]{0,2000}(?:\([^()]{0,500}\)[^()]{0,2000})?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*]{1,1000}?)(?<=[^\s*\\])\1(?![\w*])")
_LEFTOVER = re.compile(r"\](?=\()|!(?=\[)|\*(?=\*)")

_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_HEADING = re.compile(r" {0,3}(#{1,6})(?: |$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,}) *$")


def snapshot_text(markdown: str) -> str:
    """Make the text that chunks, citations and quotes refer to: cleaned, and long tables in pieces."""
    return in_pieces(clean(markdown))


def clean(markdown: str) -> str:
    """
    Take away all but the words, and the Markdown that carries structure.

    Kept: headings (as `#` lines), lists, tables, code. Gone: images, link targets, emphasis, comments, inline tags,
    control and zero-width characters, runs of blanks and of empty lines. NFC. Code keeps its blanks and its signs.
    Idempotent. Empty: nothing but blanks gives "".
    """
    text = _settle(_characters(markdown))
    if _pass(text) != text:
        # Brackets nested deeper than any author writes: take the syntax apart, so that nothing is left to unwrap.
        text = _settle(_LEFTOVER.sub(r"\g<0> ", text))
    return text


def _settle(text: str) -> str:
    for _ in range(_MOST_PASSES):
        once = _pass(text)
        if once == text:
            break
        text = once
    return text


def _characters(text: str) -> str:
    text = unicodedata.normalize("NFC", _BLANKS.sub(" ", _NEWLINES.sub("\n", text)))
    while (kept := unicodedata.normalize("NFC", _JOINERS.sub("", _DROPPED.sub("", text)))) != text:
        text = kept
    return text


def _pass(text: str) -> str:
    lines: list[str] = []
    for is_code, block in _blocks(text):
        if is_code:
            lines += block
        else:
            for line in _lines(_prose(block).split("\n")):
                if line or (lines and lines[-1]):
                    lines.append(line)
    return _characters("\n".join(lines).strip("\n"))


def _uncommented(text: str) -> str:
    kept: list[str] = []
    start = 0
    while (opened := text.find("<!--", start)) >= 0 and (closed := text.find("-->", opened + 4)) >= 0:
        kept.append(text[start:opened])
        start = closed + 3
    return "".join([*kept, text[start:]])


def _blocks(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines, told apart: fenced code with its fences, and everything else."""
    block: list[str] = []
    fence = ""
    for raw in text.split("\n"):
        line = raw.rstrip()
        found = _FENCE.match(line)
        if fence:
            block.append(line)
            if found and found[1].startswith(fence) and line.strip() == found[1]:
                yield True, block
                block, fence = [], ""
        elif found and not (found[1][0] == "`" and "`" in line[found.end() :]):
            yield False, block
            block, fence = [line], found[1]
        else:
            block.append(line)
    yield bool(fence), block


def _prose(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "`" not in text:
        return _syntax(text)
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [_syntax(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, _syntax(text[end:])])


def _syntax(text: str) -> str:
    """Take away what only a renderer needs. Each step looks for its first sign before it looks closer."""
    if "[" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    if "<" in text:
        text = _AUTOLINK.sub(r"\1", _INLINE_TAG.sub("", _BLOCK_TAG.sub(" ", _uncommented(text))))
    return _EMPHASIS.sub(r"\2", text) if "*" in text else text


def _lines(lines: list[str]) -> Iterator[str]:
    """Lines with single blanks, and headings in one form. Indented code keeps its blanks."""
    before, last = "", ""
    for index, raw in enumerate(lines):
        line = raw.rstrip().expandtabs(4)
        if not (line.startswith("    ") and not _ITEM.match(line)):
            indent = len(line) - len(line.lstrip(" "))
            line = line[:indent] + " ".join(line.split())
        if "#" in line[:4] and (heading := _HEADING.match(line)):
            line = _heading(heading[1], line[heading.end() :].strip())
        following = lines[index + 1] if index + 1 < len(lines) else ""
        underline = _UNDERLINE.match(following) if line and not last and not _is_structure(line) else None
        if underline:
            line = f"{'#' if underline[1][0] == '=' else '##'} {line.strip()}"
        elif _UNDERLINE.match(line) and before == "" and last.startswith("#"):
            line = ""
        yield line
        before, last = last, line


def _heading(signs: str, text: str) -> str:
    """One form for headings: no closing signs; without a text it is none."""
    open_end = text.rstrip("#")
    if open_end != text and (not open_end or open_end.endswith(" ")):
        text = open_end.rstrip()
    return f"{signs} {text}" if text else ""


def _is_structure(line: str) -> bool:
    return line.lstrip().startswith(("#", "|", ">", "-", "=", "*", "+", "```", "~~~")) or bool(_ITEM.match(line))
