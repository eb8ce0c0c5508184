import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.meaning import meaning

FURNITURE = """
Last updated: 5 May 2026
*Last updated on May 5th, 2026 at 14:03 UTC*
Updated: 2026-05-05T14:03:22Z
This page was last edited on 3 March 2026, at 09:12.
Generated on 2026-11-22 10:11:12
Page rendered in 0.03 s
Page generated in 12 ms
Current time: 10:32:11
Today is Monday, 22 November 2026.
1,234 views
12.5K views
## 3 Comments
- 12 people like this
Posted 3 hours ago
an hour ago
Updated yesterday
© 2026 Acme
© 2019–2026 Acme Inc. All rights reserved.
Copyright (c) 2026 Acme GmbH
You are visitor number 1,234
Advertisement
**Sponsored**
Build 8f3a91c
Request ID: 7d3f0a2b-11aa-4c6e-9b1d-2f3c4d5e6f70
Session ID: a81f-22c
Cloudflare Ray ID: 8f3a2b1c9d
Last updated: 5 May 2026 | 12 comments · 1,234 views
Zuletzt aktualisiert am 5. Mai 2026 um 14:03 Uhr
Stand: 05.05.2026
Vor 3 Stunden
12 Kommentare
Anzeige
Sie sind Besucher Nummer 4711
Seite in 0,2 Sekunden geladen
Dernière mise à jour : le 5 mai 2026 à 14 h 03
Il y a 3 heures
12 commentaires
Publicité
Vous êtes le visiteur n° 4711
Última actualización: 5 de mayo de 2026
Hace 3 horas
12 comentarios
Publicidad
""".strip().split("\n")
MEANING = """
The deadline is 5 May.
Price: 5 EUR
Version 2.1
# Release of 5 May 2026
## Changes in build 8f3a91c of the server
- Updated: the price list, on 5 May
Last updated by Jane: the rules for leave.
Last updated: see the list of changes below
3 comments were made on the plan.
A page is rendered in 0.03 s on a laptop.
| Last updated | 5 May 2026 |
| 1,234 views | 3 comments |
5 May 2026
1,234
Copyright law of 2026
Advertisement rules
Opening hours: 9 to 17
Posted speed limits apply.
Build 22621
Request a session
Today is a good day for 3 walks.
Stand: the north hall, 3rd row
Two hours ago the harbour closed.
Room 101
""".strip().split("\n")
WORDS = """harbour crane rope keeper lists every week what the store of the northern hall has left and tells the
office how many boxes of nails screws hinges locks lamps and candles it must buy before winter comes""".split()
PROSE = "The " + " ".join(WORDS) + "."
pieces = st.sampled_from([*FURNITURE, *MEANING, PROSE, "", "", "```", "Last updated:", "5 May 2026", "and so on", "\\`\\`\\`", "*", "|", "\\"])  # fmt: skip # noqa: E501


@pytest.mark.parametrize("line", FURNITURE)
def test_a_line_of_furniture_only_is_left_out(line):
    assert meaning(f"# Stores\n\n{line}\n\n{PROSE}") == f"# Stores\n\n{PROSE}"


@pytest.mark.parametrize("line", MEANING)
def test_dates_and_numbers_beside_other_words_stay(line):
    assert meaning(f"# Stores\n\n{line}\n\n{PROSE}") == f"# Stores\n\n{line}\n\n{PROSE}"


def test_a_label_goes_with_the_date_below_it():
    assert meaning("Text.\n\nLast updated:\n5 May 2026\n\nLast updated\n\n6 May 2026\n\nMore.") == "Text.\n\nMore."


def test_a_wrapped_sentence_keeps_its_numbers():
    text = "Within a day the film had more than\n1,234 views\nand many friends."

    assert meaning(text) == text


def test_code_keeps_what_looks_like_furniture():
    text = "```\n3 comments\n© 2026 Acme\n```"

    assert meaning(text) == text


def test_blanks_escapes_and_quotation_marks_come_in_one_form():
    assert meaning("A\u00a0 “snake\\_case”  isn’t\t«new»\r\n\r\n\r\nEnd\\.") == 'A "snake_case" isn\'t "new"\n\nEnd.'


def test_nothing_but_furniture_means_nothing():
    assert meaning("\n".join(FURNITURE)) == ""
    assert meaning("") == ""


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(pieces, max_size=12).map("\n".join), st.text(max_size=80)))
@example("Last updated:\nLast updated:\n5 May\n6 May")
@example("\\```\n3 comments\n\\```")
def test_the_meaning_of_a_meaning_is_itself(text):
    once = meaning(text)

    assert meaning(once) == once


@pytest.mark.parametrize("bad", ["\\", "| ", "· 3 views ", "© ", "Last updated: 5 ", "# ", "1 ", "id " * 20 + "\n"])
def test_hostile_text_does_not_hang(bad):
    assert len(meaning(bad * (300_000 // len(bad)))) <= 300_000
