import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters.files.parsing import parse_file
from lib.domain.documents import MAX_TEXT_CHARS
from lib.domain.pages import Page
from lib.errors import BadInput
from tests.adapters.files.office_files import docx, paragraph, xlsx, zipped
from tests.adapters.files.valid_files import VALID, ZIPPED

FUZZ = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def page_or_reason(body, name):
    """What comes of a file; any other error than BadInput fails the test."""
    try:
        page = parse_file(body, name=name, url=f"https://example.com/{name}")
    except BadInput as error:
        return str(error)
    assert isinstance(page, Page)
    assert len(page.text) <= MAX_TEXT_CHARS
    assert all(0 <= anchor.offset <= len(page.text) for anchor in page.anchors)
    page.text.encode("utf-8")
    return page


def damaged(data, body):
    """Bytes overwritten, put in, or cut off, at drawn places."""
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body)))
        junk = data.draw(st.binary(max_size=12) | st.sampled_from([b"\x00" * 40, b"\xff" * 8, b"9" * 20, b"<" * 30]))
        skipped = data.draw(st.sampled_from([0, len(junk), 1, 50]))
        body = body[:at] + junk + body[at + skipped :]
    return body


@pytest.mark.parametrize("name", VALID)
def test_valid_files_are_read(name):
    assert isinstance(page_or_reason(VALID[name], name), Page)


@pytest.mark.parametrize("name", VALID)
@FUZZ
@given(data=st.data())
def test_damaged_files_give_a_page_or_a_reason(name, data):
    assert page_or_reason(damaged(data, VALID[name]), name)


@pytest.mark.parametrize("name", ZIPPED)
@FUZZ
@given(data=st.data())
def test_office_files_with_damaged_parts_give_a_page_or_a_reason(name, data):
    with zipfile.ZipFile(io.BytesIO(VALID[name])) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    part = data.draw(st.sampled_from(sorted(parts)))
    parts[part] = damaged(data, parts[part])

    assert page_or_reason(zipped(parts), name)


@pytest.mark.parametrize("name", VALID)
def test_files_cut_off_anywhere_give_a_page_or_a_reason(name):
    body = VALID[name]

    assert all(page_or_reason(body[: len(body) * n // 20], name) for n in range(1, 20))


@pytest.mark.parametrize("name", ZIPPED)
def test_office_files_with_parts_missing_give_a_page_or_a_reason(name):
    with zipfile.ZipFile(io.BytesIO(VALID[name])) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}

    assert all(
        page_or_reason(zipped({part: parts[part] for part in parts if part != missing}), name) for missing in parts
    )


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.xls", "a.ods", "a.eml", "a.csv", "a.py"])
@FUZZ
@given(body=st.binary(max_size=300))
def test_garbage_gives_a_page_or_a_reason(name, body):
    assert page_or_reason(body, name)


def test_a_cut_off_office_file_is_said_to_be_damaged():
    assert "'a.docx' is a damaged or cut off zip" in page_or_reason(VALID["a.docx"][:-200], "a.docx")


def test_a_cut_off_pdf_keeps_its_text_or_says_why_not():
    assert page_or_reason(VALID["a.pdf"][:60], "a.pdf").startswith("'a.pdf' cannot be read as PDF: damaged or cut off")


def test_a_zip_bomb_is_refused_by_what_it_says_of_its_size():
    bomb = docx(paragraph("x"), extra={"word/media/a.xml": b"\x00" * (300 << 20)})

    assert "'a.docx' inflates to more than 256 MiB" in page_or_reason(bomb, "a.docx")


def test_a_zip_bomb_that_lies_about_its_size_is_refused():
    bomb = docx(paragraph("x"), extra={"word/media/a.xml": b"\x00" * (300 << 20)})
    lie = (300 << 20).to_bytes(4, "little")

    reason = page_or_reason(bomb.replace(lie, (1000).to_bytes(4, "little")), "a.docx")

    assert "'a.docx'" in reason


def test_a_zip_of_too_many_entries_is_refused():
    bomb = docx(paragraph("x"), extra={f"word/{n}": b"" for n in range(10_001)})

    assert "more than 10,000 entries" in page_or_reason(bomb, "a.docx")


@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_xml_that_declares_entities_is_refused_before_it_is_parsed(charset):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    entities = f'<!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]>'
    with zipfile.ZipFile(io.BytesIO(docx(paragraph("&l9;"), head=entities))) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].decode().encode(charset)

    assert "declares XML entities in 'word/document.xml'" in page_or_reason(zipped(parts), "a.docx")


def test_a_sheet_of_very_many_empty_cells_is_refused():
    body = xlsx({"S": [["a", "b"]]})
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    far = b'<row r="3000"><c r="ZZ3000"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", far)

    assert "more than 2,000,000 cells" in page_or_reason(zipped(parts), "a.xlsx")
