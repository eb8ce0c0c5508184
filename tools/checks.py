"""
`dev.py test`: every check that CI runs, all of them even if one fails, and a table at the end.

What a machine lacks makes a check fail with the fix, unless --without names it. Only the audit may be skipped, when its
data cannot be reached.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.environment import prepare
from tools.failures import SetUpError
from tools.machine import find_browser, find_python_313

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [ROOT / name for name in ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")]
NO_TESTS = 5
"""pytest's exit code when nothing was selected."""


@dataclass(frozen=True, slots=True)
class Check:
    title: str
    run: Callable[[], str]
    """Gives "ok", or "skipped: reason". Raises: CheckFailed."""


class CheckFailed(Exception):
    """A check did not pass; the message is its line in the table."""


def main() -> int:
    options = _parse(sys.argv[1:])
    results = [(check.title, *_timed(check)) for check in _checks(options)]
    width = max(len(title) for title, _, _ in results)
    print(f"\n{'':=<{width + 20}}")
    for title, outcome, seconds in results:
        print(f"{title:<{width}}  {seconds:6.1f} s  {outcome}")
    failed = [title for title, outcome, _ in results if outcome.startswith("FAILED")]
    if options.k and all(outcome == "no test matches" for _, outcome, _ in results):
        failed = ["-k matches no test"]
    if failed:
        print(f"error: {len(failed)} of {len(results)} checks failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py test", description="Run every check that CI runs.")
    parser.add_argument("command", choices=["test"], help=argparse.SUPPRESS)
    parser.add_argument("--without", metavar="runtime,browser", default="", help="checks that this machine cannot run")
    parser.add_argument("-k", metavar="EXPRESSION", default="", help="only tests whose names match, and no other check")
    parser.add_argument("--verbose", action="store_true", help="show the end of pip's output if it fails")
    options = parser.parse_args(arguments)
    options.without = set(filter(None, options.without.split(",")))
    if unknown := options.without - {"runtime", "browser"}:
        parser.error(f"--without knows runtime and browser, not {', '.join(sorted(unknown))}")
    return options


def _checks(options: argparse.Namespace) -> list[Check]:
    """The checks in order. Tests that start whole processes run one after the other; the rest run side by side."""
    here, has_runtime = ".".join(map(str, sys.version_info[:2])), sys.version_info >= (3, 13)
    without_runtime, select = "runtime" in options.without, options.k

    def pytest(*markers: str, python: str = sys.executable, side_by_side: bool = False) -> str:
        arguments = ["-m", " and ".join(markers), *(["-k", select] if select else [])]
        arguments += ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"] if side_by_side else []
        return _run(python, "-m", "pytest", *arguments, allow=NO_TESTS if select else 0)

    def python_313() -> str:
        return str(prepare(ROOT / ".venv-3.13", LOCKS, find_python_313(), verbose=options.verbose))

    def in_browser() -> str:
        os.environ.update(find_browser())
        return pytest("browser")

    quick = ["not browser", "not e2e", "not crash"]
    with_runtime = [] if has_runtime and not without_runtime else ["not runtime"]
    with_loopback = [] if has_runtime or without_runtime else ["not loopback"]
    """Stand-ins of Azure are met once, on the Python that Azure runs if it is there."""
    tests = [
        Check(f"tests on Python {here}", lambda: pytest(*quick, *with_runtime, *with_loopback, side_by_side=True)),
        Check(f"end to end on Python {here}", lambda: pytest("(e2e or crash)", "not browser", *with_runtime)),
    ]
    audits = [Check(f"pip-audit for Python {here}", lambda: audit(sys.executable))]
    if not has_runtime and not without_runtime:
        title = "tests and worker runtime on Python 3.13"
        tests.append(Check(title, lambda: pytest(*quick, python=python_313(), side_by_side=True)))
        audits.append(Check("pip-audit for Python 3.13", lambda: audit(python_313())))
    if "browser" not in options.without:
        tests.append(Check("the page in Chromium", in_browser))
    if select:
        return tests
    return [
        Check("ruff check", lambda: _run(sys.executable, "-m", "ruff", "check")),
        Check("ruff format", lambda: _run(sys.executable, "-m", "ruff", "format", "--check")),
        Check("mypy", lambda: _run(sys.executable, "-m", "mypy")),
        Check("infra", lambda: _run(sys.executable, "-m", "tools.infra_check")),
        *tests,
        *audits,
    ]


def _timed(check: Check) -> tuple[str, float]:
    print(f"\n== {check.title} {'':=<{max(0, 96 - len(check.title))}}", flush=True)
    started = time.monotonic()
    try:
        outcome = check.run()
    except (CheckFailed, SetUpError) as failure:
        outcome = f"FAILED: {failure}"
    seconds = time.monotonic() - started
    print(f"-- {outcome} ({seconds:.1f} s)", flush=True)
    return outcome, seconds


def _run(*command: str, allow: int = 0) -> str:
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code not in {0, allow}:
        raise CheckFailed("no test was selected" if code == NO_TESTS else f"exit code {code}")
    return "no test matches" if code == NO_TESTS else "ok"


def audit(python: str) -> str:
    """Known vulnerabilities of what is locked for *python*; a mirror without such data counts as unreachable."""
    files = [argument for lock in LOCKS for argument in ("-r", str(lock))]
    command = [python, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format", "json", *files]
    audit = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if audit.returncode and not audit.stdout:
        if re.search(r"Connection|ConnectTimeout|ReadTimeout|Max retries|HTTPError", audit.stderr):
            return "skipped: the vulnerability data could not be reached"
        print(audit.stderr, file=sys.stderr)
        raise CheckFailed(f"pip-audit gave up, exit code {audit.returncode}")
    packages = json.loads(audit.stdout)["dependencies"]
    audited = [package for package in packages if "skip_reason" not in package]
    found = [(package, fault) for package in audited for fault in package["vulns"]]
    for package, fault in found:
        fixed = ", ".join(fault["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {fault['id']}, fixed in {fixed}")
    if found:
        raise CheckFailed("known vulnerabilities: `python3 dev.py lock --upgrade` takes newer versions")
    if not audited:
        return "skipped: the package index in use has no vulnerability data"
    return "ok" if len(audited) == len(packages) else f"ok, for the {len(audited)} of {len(packages)} that have data"


if __name__ == "__main__":
    sys.exit(main())
