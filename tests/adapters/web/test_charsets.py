"""Charsets: what is claimed, what is true, and that nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.adapters.web.charsets import decode

GERMAN = "<p>Grüße aus Köln, schöne Größe, heiße Straße</p>"
RUSSIAN = "<p>Широкая электрификация южных губерний</p>"
JAPANESE = "<p>いろはにほへと ちりぬるを わかよたれそ</p>"


@pytest.mark.parametrize(
    ("text", "codec", "header"),
    [
        (GERMAN, "utf-8", "text/html; charset=utf-8"),
        (GERMAN, "utf-8", "text/html"),
        (GERMAN, "utf-8", "text/html; charset=iso-8859-1"),
        (GERMAN, "cp1252", "text/html; charset=ISO-8859-1"),
        (GERMAN, "cp1252", "text/html; charset=utf-8"),
        (GERMAN, "cp1252", "text/html"),
        (GERMAN, "utf-8-sig", "text/html; charset=iso-8859-1"),
        (GERMAN, "utf-16", "text/html; charset=iso-8859-1"),
        (GERMAN, "utf-16-le", "text/html; charset=utf-16le"),
        (RUSSIAN, "koi8-r", 'text/html; charset="KOI8-R"'),
        (RUSSIAN, "cp1251", "text/html; charset=windows-1251"),
        (JAPANESE, "shift_jis", "text/html; charset=Shift_JIS"),
        (JAPANESE, "cp932", "text/html; charset=x-sjis"),
        (JAPANESE, "euc_jp", "text/html; charset=EUC-JP"),
        (JAPANESE, "iso2022_jp", "text/html; charset=iso-2022-jp"),
        ("<p>简体中文的网页内容</p>", "gbk", "text/html; charset=gb2312"),
        ("<p>繁體中文的網頁內容</p>", "big5", "text/html; charset=big5"),
        ("<p>한국어 웹 페이지 내용</p>", "euc_kr", "text/html; charset=euc-kr"),
    ],
)
def test_text_comes_out_as_it_was_written(text, codec, header):
    assert decode(text.encode(codec), header) == text


@pytest.mark.parametrize(
    "head",
    ['<meta charset="windows-1251">', "<META http-equiv=Content-Type content='text/html; charset=windows-1251'>",
     '<?xml version="1.0" encoding="windows-1251"?>'],
)  # fmt: skip
def test_the_page_may_say_it_itself(head):
    assert decode((head + RUSSIAN).encode("cp1251")) == head + RUSSIAN


def test_the_header_goes_before_the_page():
    page = '<meta charset="utf-8">' + RUSSIAN

    assert decode(page.encode("cp1251"), "text/html; charset=windows-1251") == page


def test_one_stray_byte_does_not_turn_a_page_into_another_charset():
    assert decode(GERMAN.encode() + b"\xfc") == GERMAN + "\ufffd"


@pytest.mark.parametrize("label", ["zip", "idna", "unicode_escape", "utf-7", "rot13", "klingon", "base64"])
def test_codecs_that_are_no_charset_of_pages_are_not_used(label):
    assert decode(GERMAN.encode(), f"text/html; charset={label}") == GERMAN


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "utf-16", "iso-8859-1", "gb2312", "shift_jis", "iso-2022-jp"]),
)
def test_no_bytes_raise(body, label):
    assert isinstance(decode(body, f"text/html; charset={label}"), str)
