"""Personal data by its pattern and checksum: addresses, numbers and keys."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from lib.adapters.privacy.emails import find_emails
from lib.adapters.privacy.keys import find_keys
from lib.adapters.privacy.numbers import find_cards, find_ibans, find_ips, find_national_ids
from lib.adapters.privacy.phones import find_phones
from lib.ports.masking import Found, Kind


class PatternMasker:
    """
    A Masker that knows how personal data is written.

    Found: email addresses; phone numbers that are valid (international ones anywhere, national ones of the regions
    given); payment cards and IBANs with a right check digit; public IP addresses; API keys, tokens, passwords in
    addresses and private key blocks; national ids whose check characters leave no doubt (Italy, France, Belgium,
    Finland). Code, tables and links are searched like prose.
    Not found: names of people, postal addresses, dates of birth, ids without a sure check (US social security numbers
    among them), passwords in prose. Addresses at example.com are masked like others.
    Left alone: versions, dates, ISBNs, UUIDs, hashes, and numbers that the word before calls an order, invoice or item.
    """

    def __init__(self, *, regions: Sequence[str]) -> None:
        """regions: ISO 3166 codes ("DE", "US") whose national phone numbers are found; each makes searching slower."""
        self._regions = tuple(regions)

    def find(self, text: str) -> list[Found]:
        taken = bytearray(len(text))
        found: list[Found] = []
        for hit in self._hits(text):
            if not any(taken[hit.start : hit.end]):
                taken[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)
                found.append(hit)
        return sorted(found)

    def mask(self, text: str) -> tuple[str, dict[str, int]]:
        found = self.find(text)
        return _written(text, found), dict(Counter(hit.kind for hit in found))

    def _hits(self, text: str) -> Iterator[Found]:
        """What is surer comes first: of two that overlap the first counts."""
        finders: tuple[tuple[Kind, Iterable[tuple[int, int]]], ...] = (
            ("key", find_keys(text)),
            ("iban", find_ibans(text)),
            ("email", find_emails(text)),
            ("national-id", find_national_ids(text)),
            ("card", find_cards(text)),
            ("phone", find_phones(text, self._regions)),
            ("ip", find_ips(text)),
        )
        for kind, spans in finders:
            for start, end in spans:
                yield Found(start, end, kind)


def _written(text: str, found: Iterable[Found]) -> str:
    pieces: list[str] = []
    end = 0
    for hit in found:
        pieces += [text[end : hit.start], f"[{hit.kind}]"]
        end = hit.end
    return "".join([*pieces, text[end:]])
