"""Deterministic prose: sentences that look like English to tokenizers and rankers, from a seed."""

import random

_SUBJECTS = """committee engineer museum railway harbour council gardener library bakery theatre clinic orchestra school
surveyor factory festival archive lighthouse market workshop""".split()
_VERBS = "approves measures repairs designs records visits finances explains postpones inspects".split()
_OBJECTS = """bridge ledger turbine mural harvest timetable reservoir catalogue tunnel chimney manuscript greenhouse
corridor pavilion instrument contract survey monument canal vineyard""".split()
_PLACES = """Aberdeen Bergen Coimbra Delft Esztergom Faro Ghent Heidelberg Izmir Jaca Kotor Lund Mostar Narvik Olomouc
Porto Quedlinburg Riga Siena Tartu""".split()


def paragraph(seed: random.Random, sentences: int) -> str:
    """Some sentences about who did what, where and when."""
    return " ".join(_sentence(seed) for _ in range(sentences))


def title(number: int) -> str:
    """The title of page number n."""
    seed = random.Random(number)
    return f"The {seed.choice(_OBJECTS)} of {seed.choice(_PLACES)}, part {number}"


def _sentence(seed: random.Random) -> str:
    who, where = seed.choice(_SUBJECTS), seed.choice(_PLACES)
    what, when = seed.choice(_OBJECTS), seed.randint(1700, 2020)
    return (
        f"In {when} the {who} of {where} {seed.choice(_VERBS)} the {what} near the {seed.choice(_OBJECTS)}, "
        f"which cost {seed.randint(2, 900)} thousand crowns and employed {seed.randint(3, 400)} people."
    )
