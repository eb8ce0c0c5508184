"""A small PDF writer: what is on each page is said line by line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    text: str
    x: float = 72
    y: float = 720
    size: float = 11
    is_bold: bool = False
    spacing: float = 0
    """Between letters, in points."""

    def drawn(self) -> bytes:
        text = self.text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        font = "F2" if self.is_bold else "F1"
        return f"BT /{font} {self.size} Tf {self.spacing} Tc {self.x} {self.y} Td (".encode() + text + b") Tj ET\n"


def lines(*texts, y=700, x=72, size=11, leading=13.2):
    return [Words(text, x=x, y=y - number * leading, size=size) for number, text in enumerate(texts)]


def pdf(*pages, title="", language="", encrypt=False, images=(), math="", field=""):
    """
    A PDF of these pages, each a list of Words; `images`: indexes of pages that show a picture.

    math: a letter that stands for an italic one of formulas, beyond U+FFFF; field: what is filled in on the first page.
    """
    last = 8 + 2 * len(pages)
    form = f"/AcroForm<</Fields[{last} 0 R]>>" if field else ""
    language = f"/Lang({language})" if language else ""
    unicode = f"/ToUnicode {last + 2 * bool(field)} 0 R" if math else ""
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R{language}{form}>>".encode(),
        3: f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding{unicode}>>".encode(),
        4: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
        5: f"<</Title({title})>>".encode(),
        6: b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>",
        7: stream(b"\x80", b"/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"),
    }
    kids = []
    for number, page in enumerate(pages):
        at = 8 + 2 * number
        kids.append(f"{at} 0 R")
        picture = b"q 500 0 0 700 50 50 cm /I1 Do Q\n" if number in images else b""
        objects[at] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {at + 1} 0 R"
            "/Resources<</Font<</F1 3 0 R/F2 4 0 R>>/XObject<</I1 7 0 R>>>>"
            + (f"/Annots[{last} 0 R]>>" if field and not number else ">>")
        ).encode()
        objects[at + 1] = stream(picture + b"".join(words.drawn() for words in page))
    if field:
        objects[last] = (
            f"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V({field})/F 4/Rect[200 600 500 620]/AP<</N {last + 1} 0 R>>>>"
        ).encode()
        objects[last + 1] = stream(
            Words(field, x=2, y=5).drawn(),
            b"/Type/XObject/Subtype/Form/BBox[0 0 300 20]/Resources<</Font<</F1 3 0 R>>>>",
        )
    if math:
        # U+1D44E is the first of the italic letters.
        low = 0xDC4E + ord(math) - ord("a")
        objects[last + 2 * bool(field)] = stream(
            b"/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange <00> <ff> endcodespacerange\n"
            + f"1 beginbfchar <{ord(math):02x}> <d835{low:04x}> endbfchar\nendcmap end".encode()
        )
    objects[2] = f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(kids)}]>>".encode()
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    offsets = {}
    for number in sorted(objects):
        offsets[number] = len(out)
        out += f"{number} 0 obj\n".encode() + objects[number] + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(offsets) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offsets[number]:010} 00000 n \n".encode() for number in sorted(offsets))
    locked = "/Encrypt 6 0 R/ID[<00><00>]" if encrypt else ""
    return (
        out
        + f"trailer\n<</Size {len(offsets) + 1}/Root 1 0 R/Info 5 0 R{locked}>>\n".encode()
        + (f"startxref\n{start}\n%%EOF\n".encode())
    )


def stream(content, entries=b""):
    return b"<<" + entries + f"/Length {len(content)}>>\nstream\n".encode() + content + b"\nendstream"
