"""What every Masker keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.ports.masking import Masker

CONTACT = "Write to jane.doe@acme.example or call +49 30 901820.\n\n| IBAN | DE89 3704 0044 0532 0130 00 |"
_PIECES = [
    *CONTACT.split(),
    "@",
    "+49 30 901820",
    "jane@acme.org",
    "4111 1111 1111 1111",
    "\n",
    " ",
    "]",
    "[email]",
    "é",
]
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_PIECES), max_size=15).map(" ".join))


class MaskerContract:
    @pytest.fixture
    def masker(self) -> Masker:
        """Any masker that knows email addresses."""
        raise NotImplementedError

    def test_a_text_without_personal_data_stays_as_it_is(self, masker):
        text = "The harbour has nine cranes.\n\n* one\n* two\n"

        assert masker.find(text) == masker.find("") == []
        assert masker.mask(text) == (text, {})

    def test_masks_stand_where_it_was_and_are_counted(self, masker):
        masked, counts = masker.mask("Ask jane@acme.example, or joe@acme.example.")

        assert masked == "Ask [email], or [email]."
        assert counts == {"email": 2}

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=TEXTS)
    def test_places_are_in_order_and_apart(self, masker, text):
        found = masker.find(text)

        ends = [0, *(hit.end for hit in found)]
        assert all(end <= hit.start < hit.end <= len(text) for end, hit in zip(ends, found, strict=False))

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=TEXTS)
    def test_a_masked_text_has_nothing_left_to_mask(self, masker, text):
        masked, _ = masker.mask(text)

        assert masker.mask(masked) == (masked, {})

    def test_threads_may_share_it(self, masker):
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(masker.mask, [CONTACT] * 12))

        assert results == [masker.mask(CONTACT)] * 12
