from lib.adapters.files.parsing import parse_file
from lib.domain.documents import Anchor
from tests.adapters.files.office_files import docx, footnote, item, mail, paragraph, pptx, table
from tests.adapters.files.pdf_files import Words, pdf


def read(body, name):
    return parse_file(body, name=name, url=f"https://example.com/{name}")


def test_word_headings_lists_and_tables_are_kept():
    body = docx(
        paragraph("Leave", "heading1"),
        paragraph("Who may take it."),
        item("staff"),
        item("part time", 1),
        table(["Years", "Days"], ["1", "20"], ["10", "30"]),
    )

    page = read(body, "leave.docx")

    assert page.text == (
        "# Leave\n\nWho may take it.\n\n- staff\n  - part time\n\n"
        "| Years | Days |\n| --- | --- |\n| 1 | 20 |\n| 10 | 30 |"
    )
    assert (page.title, page.language) == ("Leave", "en-GB")


def test_under_a_title_word_headings_go_one_level_down():
    page = read(docx(paragraph("Rules", "Title"), paragraph("One", "heading1"), paragraph("Sub", "heading2")), "r.docx")

    assert page.text == "# Rules\n\n## One\n\n### Sub"


def test_word_footnotes_stand_at_the_end_with_their_numbers():
    assert read(docx(footnote(2)), "n.docx").text == "Noted[1]\n\n1. The small print."


def test_a_word_table_with_a_blank_in_its_first_row_has_no_header():
    assert read(docx(table(["", "Days"], ["1", "20"])), "n.docx").text.startswith("|  |  |\n| --- | --- |\n|  | Days |")


def test_paragraphs_that_look_like_site_furniture_stay():
    body = docx(*(paragraph(text) for text in ("Share this page", "Cookie policy", "Subscribe to our newsletter")))

    assert read(body, "n.docx").text == "Share this page\n\nCookie policy\n\nSubscribe to our newsletter"


def test_the_title_of_a_word_file_is_that_of_its_properties_else_its_name():
    assert read(docx(paragraph("Text."), title="Big &amp; small"), "n.docx").title == "Big & small"
    assert read(docx(paragraph("Text."), title="Document1"), "folder/n.docx").title == "n.docx"


def test_slides_have_headings_bullets_tables_notes_and_anchors():
    body = pptx([("Plan", ["one", "two"], "Say hello.", [["A", "B"], ["1", "2"]]), ("", ["alone"], "", None)])

    page = read(body, "plan.pptx")

    assert page.text == (
        "## Plan\n\n- one\n- two\n\n| A | B |\n| --- | --- |\n| 1 | 2 |\n\nNotes: Say hello.\n\n## Slide 2\n\nalone"
    )
    assert page.anchors == (
        Anchor(offset=0, fragment="slide=1"),
        Anchor(offset=page.text.index("## Slide 2"), fragment="slide=2"),
    )
    assert page.title == "Plan"


def test_a_mail_has_its_subject_as_title_and_says_who_wrote_when():
    page = read(mail(), "m.eml")

    assert page.title == "Closing day"
    assert page.published == "2026-01-02T10:00:00+00:00"
    assert page.text == (
        "From: Ann Lee <ann@example.org>\nTo: staff@example.org\nDate: Fri, 02 Jan 2026 10:00:00 +0000\n\n"
        "Dear all,\nthe office is closed."
    )


def test_a_mail_in_html_alone_is_read_as_html():
    page = read(mail("", html="<h1>News</h1><p>Caf\u00e9 opens.</p>"), "m.eml")

    assert page.text.endswith("\n\n# News\n\nCaf\u00e9 opens.")


def test_attachments_that_can_be_read_follow_and_others_are_named():
    parts = [
        ("plan.pdf", pdf([Words("In the plan.")]), "application/pdf"),
        ("broken.docx", b"PK\x03\x04 no", "application/octet-stream"),
        ("tool.exe", b"MZ\x00", "application/octet-stream"),
    ]

    page = read(mail(attachments=parts), "m.eml")

    assert page.text.endswith(
        "## Attachment: plan.pdf\n\nIn the plan.\n\nAttachment: broken.docx\n\nAttachment: tool.exe"
    )


def test_attachments_of_a_forwarded_mail_are_left_out():
    inner = mail("Inner words.", attachments=[("a.txt", b"Deep words.", "text/plain")])

    page = read(mail(attachments=[("old.eml", inner, "application/octet-stream")]), "m.eml")

    assert "Inner words." in page.text
    assert "Deep words." not in page.text


def test_no_more_than_twenty_attachments_are_read():
    parts = [(f"{n}.txt", f"Words {n}.".encode(), "text/plain") for n in range(22)]

    text = read(mail(attachments=parts), "m.eml").text

    assert "Words 19." in text
    assert "Words 20." not in text
    assert "Attachment: 21.txt" in text
