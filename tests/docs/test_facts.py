"""What the documents state about errors, problems, functions, ports and commands is what the code has."""

import ast
import inspect
import re
import tomllib

import pytest

from lib import errors
from lib.adapters.local.extractive_chat_model import ExtractiveChatModel
from lib.api import admin, answers, ask, documents, health, lineage, plan, push, search, status
from lib.api.problem_kinds import KINDS
from lib.ports.chat_model import REFUSAL
from local import cli
from tests.docs.manual import ROOT, pages, read, rows, section


def _commands() -> set[str]:
    parser = cli._parser()
    found = {name for action in parser._actions for name in (action.choices or {})}
    return found | set(re.findall(r'"(\w+)": "tools\.', read("dev.py")))


def test_every_error_is_on_its_page():
    classes = {n for n, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.PlumblineError)}

    named = [row[0].strip("`") for row in rows(read("docs/errors.md")) if row[0].startswith("`")]

    assert sorted(named) == sorted(classes)


@pytest.mark.parametrize(
    ("title", "family"), [("Transient errors", errors.Transient), ("Permanent errors", errors.Permanent)]
)
def test_errors_stand_with_their_family(title, family):
    named = [row[0].strip("`") for row in rows(section(read("docs/errors.md"), title))]

    assert all(issubclass(getattr(errors, name), family) for name in named)


def test_every_problem_is_on_the_api_page():
    table = rows(section(read("docs/api.md"), "Problem documents"))

    assert {row[0].strip("`"): (int(row[1]), row[2]) for row in table} == {
        kind.slug: (kind.status, kind.advice) for kind in KINDS.values()
    }


def test_every_address_is_on_the_api_page():
    modules = (admin, answers, ask, documents, health, lineage, plan, push, search, status)
    routes = [route for module in modules for route in module.router.routes]
    operations = {f"{method} {_shortened(route.path)}" for route in routes for method in route.methods}

    documented = {row[0].strip("`") for row in rows(section(read("docs/api.md"), "All addresses"))}

    assert documented == operations | {"GET /", "GET /manual/", "GET /api/docs", "GET /api/openapi.json"}


def _shortened(path: str) -> str:
    """`/{source_id}/documents/{key:path}` is `/{id}/documents/{key}` for people."""
    return re.sub(r"\{(\w+)(:path)?\}", lambda m: f"{{{m[1]}}}" if m[1] in ("key", "kind") else "{id}", path)


def test_the_adapter_shown_in_full_is_the_real_one():
    text = section(read("docs/adding-an-adapter.md"), "An adapter in full: the clock")

    shown = "\n".join(line.removeprefix("    ") for line in text.splitlines()).strip()

    assert shown == read("lib/adapters/local/system_clock.py").strip()


def test_every_function_is_on_the_page_that_explains_them():
    functions = {
        node.name
        for path in (ROOT / "blueprints").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any("bp." in ast.unparse(decorator) for decorator in node.decorator_list)
    }

    named = {row[0].strip("`") for row in rows(section(read("docs/how-it-works.md"), "The functions"))}

    assert named == functions
    assert len(functions) == 8
    assert "eight Azure functions" in read("docs/how-it-works.md")


def test_every_command_named_in_the_documents_exists():
    named = {
        (page.name, command)
        for page in pages()
        for command in re.findall(r"dev\.py (?!COMMAND)([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    }

    assert {(page, command) for page, command in named if command not in _commands()} == set()


def test_every_command_is_in_the_first_steps():
    table = section(read("docs/first-steps.md"), "All commands")

    assert set(re.findall(r"`python3 dev\.py ([a-z-]+)", table)) == _commands()


def test_the_readme_names_two_commands_first():
    commands = re.findall(r"python3 dev\.py [a-z-]+", read("README.md"))

    assert list(dict.fromkeys(commands))[:2] == ["python3 dev.py up", "python3 dev.py test"]


def test_options_of_up_are_documented():
    parser = cli._parser()
    up = next(action.choices["up"] for action in parser._actions if isinstance(action.choices, dict))
    options = {action.option_strings[-1] for action in up._actions} - {"--help", "--verbose"}

    named = set(re.findall(r"`(--[a-z-]+)", section(read("docs/first-steps.md"), "Options of the command up")))

    assert named == options


def test_ports_and_their_sizes_are_as_the_decision_says():
    sizes = {}
    for path in (ROOT / "lib" / "ports").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases):
                methods = [m for m in node.body if isinstance(m, ast.FunctionDef) and not m.decorator_list]
                sizes[node.name] = len(methods)
    text = read("docs/adr/0004-split-and-add-ports.md")

    assert (len(sizes), max(sizes.values())) == (19, 6)
    assert "There are nineteen ports, and none has more than six methods." in text
    assert {name for name in sizes if f"`{name}`" not in text} == set()
    adapters = rows(section(read("docs/adding-an-adapter.md"), "Ports and adapters"))
    assert {row[0].strip("`") for row in adapters} == set(sizes)


def test_the_manual_quotes_the_refusal():
    assert f'"{REFUSAL}"' in read("docs/how-it-works.md")


def test_the_readme_session_quotes_the_manual():
    manual = " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("index", "how-it-works"))
    session = section(read("README.md"), "A session")
    quotes = re.findall(r'(?m)^        "(.+)"$', session)

    assert quotes
    assert all(quote in manual and session.count(quote) == 2 for quote in quotes)
    assert REFUSAL in session
    assert ExtractiveChatModel(embedder=None).facts.note in session


def test_the_changelog_and_the_licence_are_in_form():
    assert "## [Unreleased]" in read("CHANGELOG.md")
    assert tomllib.loads(read("pyproject.toml"))["project"]["license"] == "MIT"
    assert "MIT" in section(read("README.md"), "Licence")
