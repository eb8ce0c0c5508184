"""One valid file of each format, small, for tests that damage them."""

from tests.adapters.files.office_files import docx, footnote, item, mail, ods, paragraph, pptx, table, xlsx
from tests.adapters.files.pdf_files import Words, lines, pdf

VALID = {
    "a.pdf": pdf([Words("Title", size=20), *lines("Some body text of a page.", y=680)], [Words("More.")], images=(1,)),
    "a.docx": docx(paragraph("One", "heading1"), item("x"), footnote(2), table(["A", "B"], ["1", "2"])),
    "a.pptx": pptx([("Plan", ["one", "two"], "Note.", [["A", "B"], ["1", "2"]])]),
    "a.xlsx": xlsx({"S": [["Name", "Share"], ["x", (0.5, "0%")], ["y", 2]]}),
    "a.ods": ods("S", [["Name", "Share"], ["x", "1"]]),
    "a.eml": mail(html="<p>Hi.</p>", attachments=[("a.csv", b"a,b\nc,d\n", "text/csv")]),
    "a.csv": b'Name,Text\nAnn,"x, y"\n',
    "a.html": b"<html><head><title>T</title></head><body><h1>T</h1><p>Words.</p></body></html>",
    "a.md": b"# T\n\nWords.\n",
    "a.py": b"print('words')\n",
}
ZIPPED = ("a.docx", "a.pptx", "a.xlsx", "a.ods")
