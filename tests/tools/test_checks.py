"""`dev.py test` itself: it runs all, fails if any failed, and names what it could not do."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from tools import checks
from tools.failures import SetUpError
from tools.machine import find_browser, find_python_313


def test_one_failed_check_stops_nothing_and_fails_the_run(monkeypatch, capsys):
    def fail() -> str:
        raise checks.CheckFailed("exit code 3")

    monkeypatch.setattr(
        checks, "_checks", lambda _: [checks.Check("first", fail), checks.Check("second", lambda: "ok")]
    )
    monkeypatch.setattr(sys, "argv", ["dev.py", "test"])

    assert checks.main() == 1
    shown = capsys.readouterr()
    assert re.search(r"^first +0.0 s  FAILED: exit code 3\nsecond +0.0 s  ok$", shown.out, re.MULTILINE)
    assert shown.err == "error: 1 of 2 checks failed: first\n"


def test_only_known_checks_can_be_left_out(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dev.py", "test", "--without", "mypy"])

    with pytest.raises(SystemExit):
        checks.main()
    assert "--without knows runtime and browser, not mypy" in capsys.readouterr().err


def test_what_the_machine_lacks_is_named_with_the_fix(monkeypatch, tmp_path):
    for variable in ("PATH", "HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)

    with pytest.raises(SetUpError, match=r"no Python 3.13 .* --without runtime"):
        find_python_313()
    with pytest.raises(SetUpError, match=r"chromium is not there: install it .* --without browser"):
        find_browser()


@pytest.mark.parametrize(
    ("dependencies", "outcome"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], "ok"),
        ([{"name": "a", "skip_reason": "404"}], "skipped: the package index in use has no vulnerability data"),
        (
            [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "404"}],
            "ok, for the 1 of 2 that have data",
        ),
    ],
)
def test_the_audit_says_what_it_could_not_see(monkeypatch, dependencies, outcome):
    _answer(monkeypatch, stdout=json.dumps({"dependencies": dependencies}))

    assert checks.audit("python") == outcome


def test_the_audit_fails_on_a_known_vulnerability_and_names_the_fix(monkeypatch, capsys):
    fault = {"id": "PYSEC-1", "fix_versions": ["2"]}
    dependency = {"name": "a", "version": "1", "vulns": [fault]}
    _answer(monkeypatch, returncode=1, stdout=json.dumps({"dependencies": [dependency]}))

    with pytest.raises(checks.CheckFailed, match="known vulnerabilities"):
        checks.audit("python")
    assert capsys.readouterr().out == "a 1: PYSEC-1, fixed in 2\n"


def test_an_unreachable_audit_is_the_only_one_skipped(monkeypatch):
    _answer(monkeypatch, returncode=1, stderr="requests.exceptions.ConnectionError: Max retries exceeded")
    assert checks.audit("python") == "skipped: the vulnerability data could not be reached"

    _answer(monkeypatch, returncode=2, stderr="usage: pip-audit")
    with pytest.raises(checks.CheckFailed, match="exit code 2"):
        checks.audit("python")


def _answer(monkeypatch, *, returncode=0, stdout="", stderr=""):
    """Let the next process that the checks start end like this."""
    ended = SimpleNamespace(returncode=returncode, stdout=stdout, stderr=stderr)
    monkeypatch.setattr(checks.subprocess, "run", lambda *_, **__: ended)
