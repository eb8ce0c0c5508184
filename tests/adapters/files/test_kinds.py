import pytest

from lib.adapters.files.parsing import SUFFIXES, is_readable, parse_file
from lib.domain.documents import MAX_TEXT_CHARS
from lib.errors import BadInput
from tests.adapters.files.office_files import docx, ods, paragraph, zipped
from tests.adapters.files.pdf_files import Words, pdf

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(body, name, media_type=""):
    return parse_file(body, name=name, url=f"https://example.com/{name}", media_type=media_type)


@pytest.mark.parametrize(
    "name", ["a.PDF", "x/y/report.docx", "main.bicep", "Dockerfile", "README", "infra/main.tf", "t.eml"]
)
def test_names_of_known_formats_are_worth_listing(name):
    assert is_readable(name)


@pytest.mark.parametrize("name", ["a.png", "~$report.docx", ".env", ".git", "x.exe", "pdf", "archive.zip", ""])
def test_other_names_are_not(name):
    assert not is_readable(name)


def test_suffixes_are_lower_case_with_their_dot():
    assert {s for s in SUFFIXES if s != s.lower() or not s.startswith(".")} == set()


@pytest.mark.parametrize("name", ["wrong.docx", "wrong.txt", "none"])
def test_bytes_decide_over_the_name(name):
    page = read(pdf([Words("Body.")]), name, media_type="text/plain")

    assert (page.media_type, page.text) == ("application/pdf", "Body.")


@pytest.mark.parametrize(
    ("name", "media_type", "real"),
    [
        ("a.py", "", "text/x-python"),
        ("a.json", "", "application/json"),
        ("main.tf", "", "text/x-hcl"),
        ("a.yaml", "text/plain", "application/yaml"),
        ("Dockerfile", "", "text/x-dockerfile"),
        ("a.md", "", "text/markdown"),
        ("a.txt", "", "text/plain"),
        ("noname", "text/markdown", "text/markdown"),
        ("noname", "", "text/plain"),
    ],
)
def test_kinds_of_text_are_told_by_name_then_by_media_type(name, media_type, real):
    assert read(b"words: and more\n", name, media_type).media_type == real


def test_code_is_a_fenced_block_titled_with_the_name_of_its_file():
    page = read(b"def f():\r\n\treturn 1\r\n", "src/app.py")

    assert (page.title, page.text) == ("app.py", "```python\ndef f():\n    return 1\n```")


def test_the_fence_is_longer_than_those_in_the_code():
    text = read(b'"""\n```\nx\n```\n"""\n', "a.py").text

    assert text.startswith("````python\n")
    assert text.endswith("\n````")


def test_markdown_without_a_heading_is_titled_with_its_name():
    assert read(b"Just words.", "notes/a b.md").title == "a b.md"


def test_an_empty_file_has_no_text():
    assert (read(b" \n", "a.docx").text, read(b"", "a.docx").title) == ("", "a.docx")


def test_halves_of_characters_do_not_get_through():
    read(b'{"a": 1}', "a.json").text.encode("utf-8")


@pytest.mark.parametrize(
    ("body", "name", "message"),
    [
        (b"\x00\x01\x02" * 50, "a.bin", "'a.bin' is binary"),
        (b"plain words", "a.pdf", "'a.pdf' does not begin as a file of its kind"),
        (b"{\\rtf1 x}", "a.doc", "RTF"),
        (zipped({"a.txt": "x"}), "a.zip", "is a zip file, which is not read"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "a.odt", "text', which is not read"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", "before 2007"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "'a.docx' is encrypted"),
        (OLE, "a.msg", "OLE file of no kind that is read"),
        (b"no header at all", "a.eml", "'a.eml' has no mail headers"),
        (b"a" * (MAX_TEXT_CHARS + 1), "a.txt", "more than 4,000,000 characters"),
        (b"a,b\n" * 1_000_001, "a.csv", "more than 4,000,000 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_name_and_reason(body, name, message):
    with pytest.raises(BadInput, match=message):
        read(body, name)


def test_a_zip_with_locked_entries_is_refused():
    body = docx(paragraph("x"))
    at = body.index(b"PK\x01\x02")

    with pytest.raises(BadInput, match="is encrypted"):
        read(body[: at + 8] + b"\x01" + body[at + 9 :], "a.docx")


def test_a_locked_open_document_sheet_is_refused():
    body = ods("S", [["a", "b"]])
    locked = zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<m><manifest:encryption-data/></m>",
            "content.xml": b"\x80\x81",
        }
    )

    assert read(body, "a.ods").text
    with pytest.raises(BadInput, match="is encrypted"):
        read(locked, "a.ods")
