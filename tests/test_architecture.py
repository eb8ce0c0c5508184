"""Imports point one way, SDKs stay in their folders, files stay short, and importing has no side effects."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 300

MAY_IMPORT = {
    "lib.redaction": "",
    "lib.errors": "lib.redaction",
    "lib.domain": "lib.domain lib.errors lib.redaction",
    "lib.settings": "lib.domain lib.errors",
    "lib.ports": "lib.ports lib.settings lib.domain lib.errors",
    "lib.pipelines": "lib.pipelines lib.ports lib.settings lib.domain lib.errors lib.redaction",
    "lib.adapters": "lib.adapters lib.ports lib.settings lib.domain lib.errors lib.redaction",
    "lib.telemetry": "lib.telemetry lib.errors",
    "lib.sources_in_use": "lib.pipelines lib.ports lib.domain lib.errors",
    "lib.composition": "lib.adapters lib.pipelines lib.ports lib.settings lib.domain lib.errors"
    " lib.sources_in_use lib.telemetry",
    "lib.api": "lib.api lib.composition lib.pipelines lib.ports lib.settings lib.domain lib.errors",
    "blueprints": "blueprints lib.api lib.composition lib.pipelines lib.telemetry lib.domain lib.errors",
    "function_app": "blueprints",
    "local": "local lib",
}
"""What each part may see of our own code: function_app -> blueprints, api, local -> composition -> ... -> errors."""

ONLY_IN = {
    "azure": "function_app blueprints local.host lib.adapters.azure lib.telemetry",
    "azurefunctions": "function_app blueprints local.host",
    "openai": "lib.adapters.openai lib.adapters.azure",
    "aiohttp": "lib.adapters.web",
    "lxml": "lib.adapters.web",
    "bs4": "lib.adapters.web",
    "selenium": "lib.adapters.web",
    "pypdfium2": "lib.adapters.files",
    "mammoth": "lib.adapters.files",
    "pptx": "lib.adapters.files",
    "python_calamine": "lib.adapters.files",
    "dulwich": "lib.adapters.sources",
    "urllib3": "lib.adapters.sources lib.adapters.web",
    "phonenumbers": "lib.adapters.privacy",
    "detect_secrets": "lib.adapters.privacy",
    "protego": "lib.adapters.web",
    "onnxruntime": "lib.adapters.local",
    # The doctor asks whether this Python's SQLite has FTS5.
    "sqlite3": "lib.adapters.local local.standins local.commands.doctor",
    "fastapi": "lib.api local.host",
    "starlette": "lib.api local.host local.standins",
    "uvicorn": "local.host local.standins",
    "opentelemetry": "lib.telemetry lib.adapters.azure lib.adapters.observed blueprints",
    # Secrets of sources, by reference, are filled in where they are sent.
    "os.environ": "lib.settings local lib.adapters.web.secrets",
    "os.getenv": "lib.settings local",
}
"""Where an SDK, or a door to the world outside, may be used."""


def _names(tree: ast.Module) -> set[str]:
    """Dotted names of all that a module imports, and of `os.environ` and `os.getenv` where it uses them."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            found.add(f"os.{node.attr}")
    return found


FILES = [path for part in ("lib", "blueprints", "local") for path in sorted((ROOT / part).rglob("*.py"))]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): _names(
        ast.parse(path.read_text(encoding="utf-8"))
    )
    for path in [*FILES, ROOT / "function_app.py"]
}


def _is_within(name: str, parts: str) -> bool:
    return any(name == part or name.startswith(part + ".") for part in parts.split())


def test_imports_point_one_way():
    wrong = []
    for module, names in MODULES.items():
        allowed = next((rule for part, rule in MAY_IMPORT.items() if _is_within(module, part)), "")
        ours = {name for name in names if _is_within(name, "lib blueprints local function_app")}
        wrong += [f"{module} imports {name}" for name in ours if not _is_within(name, allowed)]
        wrong += [f"{module} imports {name}: imports are absolute" for name in names if name.startswith(".")]

    assert wrong == []


def test_sdks_and_the_environment_stay_where_they_belong():
    wrong = [
        f"{module} uses {name}"
        for module, names in MODULES.items()
        for name in names
        for sdk, home in ONLY_IN.items()
        if _is_within(name, sdk) and not _is_within(module, home)
    ]

    assert wrong == []


def test_files_stay_short():
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*FILES, ROOT / "dev.py", ROOT / "function_app.py", *(ROOT / "tests").rglob("*.py")]
    }

    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


def test_ports_have_contract_suites():
    ports = {path.stem for path in (ROOT / "lib" / "ports").glob("*.py")} - {"__init__", "adapters"}

    assert ports - {path.stem for path in (ROOT / "tests" / "contracts").glob("*.py")} == set()


def test_no_adapter_overrides_a_test_of_its_contract():
    files = [*(ROOT / "tests" / "contracts").glob("*.py"), *(ROOT / "tests" / "adapters").rglob("*.py")]
    classes = [
        node
        for path in files
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    claims = {node.name: {f.name for f in node.body if isinstance(f, ast.FunctionDef)} for node in classes}

    overridden = [
        f"{node.name}.{name}"
        for node in classes
        for base in node.bases
        if isinstance(base, ast.Name) and base.id.endswith("Contract")
        for name in claims[node.name] & claims[base.id]
        if name.startswith("test_")
    ]

    assert overridden == []


GUARD = """
import sys, threading
sys.path.insert(0, {root!r})
DOORS = ("socket.", "sqlite3.", "os.system", "os.mkdir", "os.remove", "os.rename", "subprocess.")
def guard(event, arguments):
    wrong = event.startswith(DOORS) and arguments[0] != "file"  # croniter asks `file` for the machine's word size
    if event == "open" and isinstance(arguments[0], str):
        path, mode = arguments[0], str(arguments[1])
        wrong = bool(set(mode) & set("wax+")) or (path.startswith({root!r}) and not path.endswith((".py", ".pyc")))
        wrong = wrong and "site-packages" not in path
    if wrong:
        raise AssertionError(f"importing did {{event}} {{arguments}}")
sys.addaudithook(guard)
import function_app
from lib import composition
assert threading.active_count() == 1, threading.enumerate()
assert composition._process.settings is None and composition._process.adapters is None
print(len(function_app.app.get_functions()))
"""


def test_importing_the_app_has_no_side_effects(tmp_path):
    command = [sys.executable, "-I", "-B", "-c", GUARD.format(root=str(ROOT))]

    done = subprocess.run(command, env={}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "8"), done.stderr
