import json

import pytest

from lib.domain.held import draft_from_json, draft_to_json, held_id
from tests.examples import document


def test_an_id_is_of_the_source_and_the_url():
    ids = {held_id(source, url) for source in ("a", "b") for url in ("", "https://example.com/", "\udce9")}

    assert len(ids) == 6
    assert held_id("handbook", "https://example.com/a") == "h5a43e691df0c1950f7388de2742ccfd6"


def test_a_draft_that_another_version_wrote_is_read_as_far_as_it_is_known():
    written = json.loads(draft_to_json(document("a")))
    del written["traceparent"], written["provenance"]["flags"]
    written |= {
        "new": 1,
        "provenance": {**written["provenance"], "newer": 2},
        "anchors": [{"offset": 3, "fragment": "x", "y": 4}],
    }

    found = draft_from_json(json.dumps(written))

    assert (found.traceparent, found.provenance.flags, found.title) == ("", (), document("a").title)
    assert [(anchor.offset, anchor.fragment) for anchor in found.anchors] == [(3, "x")]


def test_what_is_no_draft_is_refused():
    with pytest.raises(ValueError, match="Expecting"):
        draft_from_json("no JSON")
