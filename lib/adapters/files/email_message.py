"""Mail (EML) to pages: subject, who wrote to whom and when, the text, attachments of formats that are read."""

import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser

from lib.adapters.files.kinds import MEDIA_TYPES, base_name, is_readable
from lib.adapters.files.plain_lines import heading, plain_line
from lib.adapters.web import charsets
from lib.adapters.web.html_page import read_html
from lib.adapters.web.inline_text import clean, clean_lines
from lib.domain.pages import Page
from lib.errors import BadInput

MAX_ATTACHMENTS = 20
"""Read of one mail; further ones are named only."""

_SHOWN = ("From", "To", "Cc", "Date")

ReadAttachment = Callable[[bytes, str, str], Page]
"""Body, name and media type to a page; BadInput if it cannot be read."""


def read_email(body: bytes, *, name: str, url: str, read_attachment: ReadAttachment | None) -> Page:
    """
    Make a page of a mail. The title is its subject, empty if it has none.

    The plain text part is taken, else the HTML part. Up to 20 attachments of known formats follow under headings with
    their names; those that cannot be read are named. read_attachment: None for a mail inside a mail, whose
    attachments are left out.
    Raises: BadInput if it has no headers.
    """
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(body)
    if not message.keys():
        raise BadInput(f"{name!r} has no mail headers: no mail, or damaged")
    blocks = ["\n".join(f"{field}: {said}" for field in _SHOWN if (said := _header(message, field)))]
    part = message.get_body(("plain", "html"))
    if isinstance(part, EmailMessage):
        blocks.append(_text(part, url))
    if read_attachment:
        for number, attachment in enumerate(message.iter_attachments()):
            if isinstance(attachment, EmailMessage):
                may_read = read_attachment if number < MAX_ATTACHMENTS else None
                blocks += _attachment(attachment, may_read)
    return Page(
        title=_header(message, "Subject"),
        text="\n\n".join(filter(None, blocks)),
        language=_header(message, "Content-Language").partition(",")[0].strip(),
        media_type=MEDIA_TYPES["email"],
        published=_sent(message),
    )


def _header(message: EmailMessage, name: str) -> str:
    return clean(str(message.get(name, "")))[:1000]


def _sent(message: EmailMessage) -> str:
    """When it was sent, ISO 8601; empty if it does not say."""
    date = getattr(message.get("Date"), "datetime", None)
    return date.isoformat() if date is not None else ""


def _text(part: EmailMessage, url: str) -> str:
    payload = part.get_payload(decode=True)
    content_type = str(part.get("Content-Type", ""))
    if not isinstance(payload, bytes):
        return ""
    if part.get_content_type() == "text/html":
        return read_html(payload, url=url, content_type=content_type).text
    lines = clean_lines(charsets.decode(payload, content_type)).split("\n")
    return "\n".join(line if line.startswith((">", " ")) else plain_line(line) for line in lines)


def _attachment(part: EmailMessage, read: ReadAttachment | None) -> list[str]:
    is_mail = part.get_content_type() == "message/rfc822"
    name = base_name(clean(str(part.get_filename() or "")))[:200] or ("mail.eml" if is_mail else "attachment")
    inner = part.get_content() if is_mail else None
    payload = inner.as_bytes() if isinstance(inner, EmailMessage) else part.get_payload(decode=True)
    title = f"Attachment: {name}"
    if read is None or not isinstance(payload, bytes) or not (is_mail or is_readable(name)):
        return [title]
    try:
        page = read(payload, name, part.get_content_type())
    except BadInput:
        return [title]
    return [heading(2, title), page.text]
