import urllib.error
import urllib.request

import pytest

from evals.articles import articles, is_fitted_on, questions
from evals.metrics import contains_answer
from evals.site import pages, path_of, served


def test_every_question_is_answered_by_its_paragraph():
    by_title = {article.title: article for article in articles()}

    assert len(questions()) == 720
    for question in questions():
        assert contains_answer(by_title[question.title].paragraphs[question.paragraph], question.answers)


def test_half_of_the_articles_are_kept_from_fitting():
    assert sum(is_fitted_on(article.title) for article in articles()) == len(articles()) / 2


def test_every_paragraph_is_on_its_page():
    from html import unescape

    site = pages()
    for article in articles():
        html = unescape(site[path_of(article)][1])
        assert all(paragraph in html for paragraph in article.paragraphs)


def test_pages_carry_words_of_other_articles():
    first, *others = articles()
    html = pages()[path_of(first)][1]

    assert sum(other.title in html for other in others) > 10


def test_the_site_is_the_same_every_time():
    assert pages() == pages()


def test_the_site_answers_over_http_and_confirms_what_did_not_change():
    with served() as url:
        with urllib.request.urlopen(f"{url}/") as reply:
            etag = reply.headers["ETag"]
            assert b"Loopbackica" in reply.read()
        again = urllib.request.Request(f"{url}/", headers={"If-None-Match": etag})
        with pytest.raises(urllib.error.HTTPError) as unchanged:
            urllib.request.urlopen(again)
        unchanged.value.close()
        with pytest.raises(urllib.error.HTTPError) as missing:
            urllib.request.urlopen(f"{url}/nowhere")
        missing.value.close()

    assert (unchanged.value.code, missing.value.code) == (304, 404)
