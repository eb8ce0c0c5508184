"""Office files from the outside: zip and OLE containers, checked before any parser opens what is in them."""

import re
import struct
import zipfile
import zlib
from io import BytesIO
from typing import Literal

from lib.errors import BadInput

MAX_ENTRIES = 10_000
MAX_INFLATED_BYTES = 256 * 1024 * 1024
"""What all entries of an Office file may hold together."""
_STEP = 1 << 20
_ENTRY = b"PK\x01\x02"
_DECLARES_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."

Zipped = Literal["docx", "pptx", "xlsx", "xlsb", "ods"]


def kind_of_zip(body: bytes, name: str) -> Zipped:
    """
    Say which Office file a zip is, by what is in it.

    Raises: BadInput if it is none that is read, too big, damaged, or locked with a password.
    """
    with _opened(body, name) as archive:
        names = {entry.filename.replace("\\", "/") for entry in archive.infolist()}  # some write paths of Windows
        if any(entry.flag_bits & 1 for entry in archive.infolist()):
            raise _locked(name)
        declared = _start_of(archive, "[Content_Types].xml", name, 1 << 20)
        if "mimetype" in names:
            kind = _start_of(archive, "mimetype", name, 200).decode("ascii", "replace").strip()
            if kind.startswith(f"{_OPEN_DOCUMENT}spreadsheet"):
                if b"encryption-data" in _start_of(archive, "META-INF/manifest.xml", name, 1 << 20):
                    raise _locked(name)
                return "ods"
            raise BadInput(f"{name!r} is {kind!r}, which is not read: save it as .docx, .pptx, .xlsx or .pdf")
    if any(n.startswith("word/") for n in names) or b"wordprocessingml.document.main" in declared:
        return "docx"
    if any(n.startswith("ppt/") for n in names) or b"presentationml.presentation.main" in declared:
        return "pptx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(n.startswith("xl/") for n in names) or b"spreadsheetml.sheet.main" in declared:
        return "xlsx"
    raise BadInput(f"{name!r} is a zip file, which is not read: give the files in it one by one")


def kind_of_ole(body: bytes, name: str) -> Literal["xls"]:
    """
    Say whether an OLE file (the formats before 2007, and locked newer ones) is a workbook.

    Raises: BadInput if it is locked with a password, or anything else.
    """
    if _wide("EncryptedPackage") in body or _wide("EncryptionInfo") in body:
        raise _locked(name)
    if _wide("WordDocument") in body:
        raise BadInput(f"{name!r} is a Word file from before 2007 (.doc), which is not read: save it as .docx or .pdf")
    if _wide("PowerPoint Document") in body:
        raise BadInput(f"{name!r} is a PowerPoint file from before 2007 (.ppt), which is not read: save it as .pptx")
    if any(_wide(stream) in body for stream in ("Workbook", "WORKBOOK", "Book", "BOOK")):
        return "xls"
    raise BadInput(f"{name!r} is an OLE file of no kind that is read (a mail saved by Outlook? save it as .eml)")


def check_zip(body: bytes, name: str) -> None:
    """
    Refuse a zip that is a bomb, or whose XML declares entities, which Office never writes.

    Each entry is inflated and counted, none is kept: what an entry says of its size is not believed.
    Raises: BadInput for more than 10,000 entries, more than 256 MiB inflated, damaged entries, declared entities.
    """
    with _opened(body, name) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_INFLATED_BYTES:
            raise _too_big(name)
        total = 0
        for entry in entries:
            is_xml = not entry.filename.lower().endswith((".png", ".jpeg", ".jpg", ".gif", ".bin", ".emf", ".wmf"))
            end = b""
            try:
                with archive.open(entry) as stream:
                    while piece := stream.read(_STEP):
                        total += len(piece)
                        if total > MAX_INFLATED_BYTES:
                            raise _too_big(name)
                        if is_xml:
                            seen = (end + piece).replace(b"\x00", b"")  # UTF-16 too
                            if _DECLARES_ENTITY.search(seen):
                                raise BadInput(f"{name!r} declares XML entities in {entry.filename!r}: not read")
                            end = seen[-16:]
            except (*_BROKEN, RuntimeError) as error:
                raise BadInput(f"{name!r} is damaged: {entry.filename!r} in it cannot be inflated") from error


def read_entry(body: bytes, entry: str) -> str:
    """Give the text of one XML entry of a checked zip; empty if it has none of that name."""
    with zipfile.ZipFile(BytesIO(body)) as archive:
        try:
            return archive.read(entry).decode("utf-8", "replace")
        except KeyError:
            return ""


_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, NotImplementedError, KeyError)
"""What Python's zipfile raises for damaged files."""


def _opened(body: bytes, name: str) -> zipfile.ZipFile:
    if body.count(_ENTRY) > MAX_ENTRIES:
        raise BadInput(f"{name!r} has more than {MAX_ENTRIES:,} entries in its zip: not read")
    try:
        return zipfile.ZipFile(BytesIO(body))
    except _BROKEN as error:
        raise BadInput(f"{name!r} is a damaged or cut off zip") from error


def _start_of(archive: zipfile.ZipFile, entry: str, name: str, size: int) -> bytes:
    try:
        with archive.open(entry) as stream:
            return stream.read(size)
    except KeyError:
        return b""
    except (*_BROKEN, RuntimeError) as error:
        raise BadInput(f"{name!r} is damaged: {entry!r} in it cannot be inflated") from error


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def _locked(name: str) -> BadInput:
    return BadInput(f"{name!r} is encrypted: remove its password and try again")


def _too_big(name: str) -> BadInput:
    return BadInput(f"{name!r} inflates to more than {MAX_INFLATED_BYTES >> 20} MiB: a zip bomb, or split it")
