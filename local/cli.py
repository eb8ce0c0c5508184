"""The command line: data on stdout, progress on stderr, errors in one line with the fix."""

import argparse
import importlib
import logging
import os
import sys
import traceback

from lib.errors import PlumblineError
from local.commands import azure, smoke

DEFAULT_PORT = 7071


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    command = importlib.import_module(f"local.commands.{options.command.replace('-', '_')}")
    try:
        return int(command.run(options))
    except PlumblineError as error:
        if options.verbose:
            traceback.print_exc()
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _port(text: str) -> int:
    """A TCP port. Raises: ArgumentTypeError, which names the option and ends the program."""
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use 1 to 65535")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Plumbline on this machine.",
        epilog="The manual: docs/index.md, or /manual/ while it runs.",
    )
    parser.add_argument("--verbose", action="store_true", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = _add(commands, "up", "start everything: crawl, index, serve http://localhost:7071")
    up.add_argument(
        "--once", action="store_true", help="crawl every source now, work until nothing is pending, print JSON"
    )
    up.add_argument("--azurite", action="store_true", help="keep the queues in Azurite, Queue Storage on this machine")
    up.add_argument("--azure", action="store_true", help="use the Azure services that local.settings.json names")
    up.add_argument("--stand-ins", action="store_true", help="with --azure: stand-ins on this machine, no account")

    ask = _add(commands, "ask", "answer a question")
    ask.add_argument("question")
    ask.add_argument("--json", action="store_true", help="print the whole answer as JSON")

    search = _add(commands, "search", "find passages")
    search.add_argument("query")
    search.add_argument("--top", type=int, default=5, metavar="N", help="how many (default 5)")
    search.add_argument("--json", action="store_true", help="print the hits as JSON")

    _add(commands, "status", "print the status report as JSON")
    _add(commands, "doctor", "check this machine and the data folder: one line per check")

    letters = _add(commands, "dead-letters", "list, replay or discard messages that kept failing")
    letters.add_argument("act", nargs="?", choices=("list", "replay", "discard"), default="list")
    letters.add_argument("ids", nargs="*", help="which ones; for replay, none means all")

    held = _add(commands, "held", "list, show, release or discard what was held back")
    held.add_argument("act", nargs="?", choices=("list", "show", "release", "discard"), default="list")
    held.add_argument("ids", nargs="*", help="which ones")
    held.add_argument("--source", default="", metavar="ID", help="only of this source")
    held.add_argument("--all", action="store_true", help="with release and --source: every held page of the source")
    held.add_argument("--json", action="store_true", help="print JSON")
    crawls = _add(commands, "crawls", "what the crawls of a source did, newest first")
    crawls.add_argument("source", metavar="ID", help="the source")
    crawls.add_argument("--limit", type=int, default=30, metavar="N", help="how many (default 30)")
    crawls.add_argument("--json", action="store_true", help="print the reports as JSON")

    trial = _add(commands, "try-source", "what a crawl would make of one page, beside the page; stores nothing")
    trial.add_argument("id", metavar="ID", help="the source")
    trial.add_argument("url", nargs="?", metavar="URL", help="the page (default: the first that the source lists)")
    trial.add_argument("--raw", default="", metavar="FILE", help="write the page as it was fetched to a file")
    trial.add_argument("--json", action="store_true", help="print JSON")
    plan = _add(commands, "plan", "what the next crawl would fetch and embed, in pages, tokens and money")
    plan.add_argument("ids", nargs="*", metavar="ID", help="which sources (default: all)")
    plan.add_argument("--sample", type=int, default=10, metavar="N", help="new pages to read (default 10)")
    plan.add_argument("--json", action="store_true", help="print JSON")

    evaluate = _add(commands, "eval", "score retrieval and answers on the question set in evals/", folder=False)
    evaluate.add_argument("--quick", action="store_true", help="a quarter of the articles")
    bench = _add(commands, "bench", "time everything on a generated site", folder=False)
    bench.add_argument("--pages", type=int, default=200, metavar="N", help="pages of the site (default 200)")
    bench.add_argument(
        "--chunks", type=int, nargs="*", default=[1_000, 10_000], metavar="N", help="index sizes to search"
    )
    bench.add_argument("--crawl", action="store_true", help="crawl real manuals beside Scrapy with trafilatura instead")
    bench.add_argument("--rounds", type=int, default=3, metavar="N", help="with --crawl: rounds (default 3)")
    bench.add_argument("--sample", type=int, default=300, metavar="N", help="with --crawl: pages to extract")
    bench.add_argument("--manuals", nargs="*", default=[], metavar="NAME", help="with --crawl: only these manuals")
    azure.add_arguments(_add(commands, "azure", "init, register, sources, cost: what a deployment to Azure needs"))
    smoke.add_arguments(_add(commands, "smoke", "prove a deployed app from outside", folder=False))
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str,
    *,
    folder: bool = True,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    command.add_argument(
        "--verbose", action="store_true", default=argparse.SUPPRESS, help="log everything; show tracebacks"
    )
    if folder:
        command.add_argument("--data", default=".plumbline", metavar="DIR", help="data folder (default .plumbline)")
        command.add_argument(
            "--port", type=_port, default=DEFAULT_PORT, metavar="N", help=f"port (default {DEFAULT_PORT})"
        )
        command.add_argument("--sources", default="", metavar="FILE", help="sources file (default sources.yaml)")
    return command
