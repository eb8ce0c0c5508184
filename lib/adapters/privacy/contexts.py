"""Contexts: what the words before a number say it is."""

import re

_CHARS = 40
_WORDS = re.compile(r"[^\W\d_]+|№|#")
_NAMED = frozenset(
    """
    isbn issn doi order orders invoice item article part product sku serial model version release build revision
    firmware ticket case reference ref id ids tracking timestamp uuid hash sha commit rfc iso din ean gtin
    bestellung bestellnummer auftrag auftragsnummer rechnung rechnungsnummer artikel artikelnummer seriennummer
    kundennummer aktenzeichen
    commande facture pedido factura referencia ordine fattura v ver
    """.split()
)
_NUMBER = frozenset("no nr number numero nummer № #".split())
"""Of what, another word says; alone, of anything but a phone."""
_ACCENTS = str.maketrans("éúóè", "euoe")
_PHONE = frozenset(
    """
    phone telephone tel call fax mobile cell whatsapp hotline telefon handy mobil rufnummer telephone portable
    appel telefono movil cellulare chiamare dial ring sms
    """.split()
)


def is_named_otherwise(text: str, at: int) -> bool:
    """Say whether the nearest telling word before an offset, on its line, calls what follows an order, version, ..."""
    return _nearest(text, at) == "other"


def is_named_phone(text: str, at: int) -> bool:
    """Say whether the nearest telling word before an offset, on its line, announces a phone number."""
    return _nearest(text, at) == "phone"


def _nearest(text: str, at: int) -> str:
    before = text[max(0, at - _CHARS) : at].rpartition("\n")[2].lower()
    words = [word.translate(_ACCENTS) for word in reversed(_WORDS.findall(before))]
    for word in words:
        if word in _PHONE:
            return "phone"
        if word in _NAMED:
            return "other"
    return "" if _NUMBER.isdisjoint(words[:2]) else "other"
