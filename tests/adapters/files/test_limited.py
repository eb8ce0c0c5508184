import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lib.adapters.files.limited import LimitedParser
from lib.adapters.files.parsing import parse_file
from lib.errors import BadInput
from tests.adapters.files.office_files import docx, paragraph
from tests.adapters.files.pdf_files import Words, pdf, stream
from tests.adapters.files.valid_files import VALID

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="limits need a POSIX system")


@pytest.fixture
def parser():
    parser = LimitedParser(processes=1)
    yield parser
    parser.close()


def parse(parser, body, name):
    return parser.parse(body, name=name, url=f"https://example.com/{name}")


def children():
    """Parser processes of this process: their ids and environments."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()) and b"adapters.files.worker" in (folder / "cmdline").read_bytes():
                found[int(folder.name)] = (folder / "environ").read_bytes()
        except OSError:
            continue
    return found


def slow_pdf():
    """A page whose content inflates to very many small texts."""
    content = b"BT /F1 9 Tf 72 700 Td " + b"(word word) Tj 0 -1 Td " * 3_000_000 + b"ET"
    packed = stream(zlib.compress(content), b"/Filter/FlateDecode")
    plain = pdf([Words("marker")])
    start = plain.index(b"9 0 obj\n") + len(b"9 0 obj\n")
    return plain[:start] + packed + plain[plain.index(b"\nendobj", start) :]


@pytest.mark.parametrize("name", VALID)
def test_the_page_is_the_one_that_parsing_here_gives(parser, name):
    here = parse_file(VALID[name], name=name, url=f"https://example.com/{name}")

    assert parse(parser, VALID[name], name) == here


def test_a_reason_comes_through_as_it_is(parser):
    with pytest.raises(BadInput, match=r"^'a\.pdf' is encrypted: remove its password"):
        parse(parser, pdf([Words("x")], encrypt=True), "a.pdf")


def test_one_process_serves_many_files(parser):
    parse(parser, VALID["a.pdf"], "a.pdf")
    before = set(children())

    parse(parser, VALID["a.docx"], "a.docx")

    assert set(children()) == before


def test_text_is_parsed_without_a_process(parser):
    parse(parser, VALID["a.md"], "a.md")

    assert children() == {}


def test_the_process_knows_no_secrets(parser, monkeypatch):
    monkeypatch.setenv("STORAGE_KEY", "hush")
    monkeypatch.setenv("HOME", "/home/someone")
    parse(parser, VALID["a.pdf"], "a.pdf")

    names = {entry.partition(b"=")[0] for environment in children().values() for entry in environment.split(b"\0")}

    assert names == {b"PATH", b"LANG", b"PYTHONPATH", b""}


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_is_read():
    parser = LimitedParser(processes=1, timeout_s=1.5)

    with pytest.raises(BadInput, match=r"'slow\.pdf' took longer than 1\.5 s to parse"):
        parse(parser, slow_pdf(), "slow.pdf")

    assert parse(parser, VALID["a.pdf"], "a.pdf").text
    parser.close()


def test_a_process_that_hangs_is_ended_and_the_next_file_is_read():
    parser = LimitedParser(processes=1, timeout_s=0.5)
    parse(parser, VALID["a.pdf"], "a.pdf")
    (worker,) = children()
    os.kill(worker, signal.SIGSTOP)

    with pytest.raises(BadInput, match=r"'b\.pdf' took longer than 0\.5 s to parse"):
        parse(parser, VALID["a.pdf"], "b.pdf")

    assert parse(parser, VALID["a.pdf"], "a.pdf").text
    parser.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the limit of address space")
def test_a_file_that_needs_too_much_memory_is_refused_and_the_next_one_is_read():
    parser = LimitedParser(processes=1, memory_bytes=96 << 20)
    large = docx(*[paragraph("word " * 20)] * 60_000)

    with pytest.raises(BadInput, match=r"'large\.docx' .*needs more than 96 MiB"):
        parse(parser, large, "large.docx")

    assert parse(parser, VALID["a.pdf"], "a.pdf").text
    parser.close()


def test_a_process_that_is_killed_at_work_costs_its_file_alone(parser):
    parse(parser, VALID["a.pdf"], "a.pdf")
    (worker,) = children()
    os.kill(worker, signal.SIGSTOP)  # so that it is surely at work when it dies
    killer = threading.Timer(0.3, os.kill, (worker, signal.SIGKILL))
    killer.start()

    with pytest.raises(BadInput, match=r"'b\.pdf' could not be parsed: its parser was ended from outside \(SIGKILL\)"):
        parse(parser, VALID["a.pdf"], "b.pdf")

    killer.join()
    assert parse(parser, VALID["a.pdf"], "a.pdf").text


def test_a_process_that_died_between_files_is_replaced(parser):
    parse(parser, VALID["a.pdf"], "a.pdf")
    (worker,) = children()
    os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while "Z" not in Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2][:3]:
        assert time.monotonic() < deadline

    assert parse(parser, VALID["a.pdf"], "a.pdf").text


def test_threads_share_the_processes():
    parser = LimitedParser(processes=2)
    names = [name for name in VALID if name in ("a.pdf", "a.docx", "a.xlsx")] * 8

    with ThreadPoolExecutor(8) as threads:
        pages = list(threads.map(lambda name: parse(parser, VALID[name], name), names))

    assert pages == [parse_file(VALID[name], name=name, url=f"https://example.com/{name}") for name in names]
    assert 1 <= len(children()) <= 2
    parser.close()


def test_closing_ends_the_processes_and_parsing_again_starts_one(parser):
    parse(parser, VALID["a.pdf"], "a.pdf")

    parser.close()

    assert children() == {}
    assert parse(parser, VALID["a.pdf"], "a.pdf").text


def test_a_process_at_work_while_the_parser_is_closed_ends_after_its_file(parser):
    parse(parser, VALID["a.pdf"], "a.pdf")
    (worker,) = children()
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        page = threads.submit(parse, parser, VALID["a.pdf"], "a.pdf")
        while parser._idle:
            assert not page.done()

        parser.close()
        os.kill(worker, signal.SIGCONT)

        assert page.result(30).text
    assert children() == {}


def test_processes_end_with_a_program_that_forgot_to_close():
    program = (
        "import sys\n"
        "from lib.adapters.files.limited import LimitedParser\n"
        "parser = LimitedParser()\n"
        "parser.parse(sys.stdin.buffer.read(), name='a.pdf', url='https://example.com/a.pdf')\n"
        "print(parser._idle[0][0].pid)\n"
    )

    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(
        command, input=VALID["a.pdf"], capture_output=True, timeout=60, check=True, cwd=Path(__file__).parents[3]
    )

    assert done.stderr == b""
    assert not Path(f"/proc/{int(done.stdout)}").exists()
