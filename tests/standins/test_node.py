"""Node and npm packages: made once, safely, with errors that say the fix."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.errors import Permanent
from local.standins.azurite import azurite
from local.standins.node import OLDEST, explain_npm, install, node


@pytest.fixture
def package(tmp_path):
    """A package that depends on one beside it, so that npm needs no network."""
    folder = tmp_path / "greeter"
    words = {"name": "words", "version": "1.0.0", "main": "index.js"}
    (folder / "words").mkdir(parents=True)
    (folder / "words/package.json").write_text(json.dumps(words))
    (folder / "words/index.js").write_text("module.exports = 'hello';")
    (folder / "greet.js").write_text("console.log(require('words'));")
    (folder / "greeter.py").write_text("# stays behind")
    manifest = {"name": "greeter", "version": "1.0.0", "dependencies": {"words": "file:words"}}
    (folder / "package.json").write_text(json.dumps(manifest))
    packages = {"": manifest, "node_modules/words": {"resolved": "words", "link": True}, "words": words}
    lock = {"name": "greeter", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder


def test_node_is_new_enough_and_no_wrapper():
    program = "console.log(JSON.stringify([process.versions.node, process.pid]))"

    with subprocess.Popen([node().path, "-e", program], stdout=subprocess.PIPE) as process:
        version, pid = json.load(process.stdout)

    assert int(version.split(".")[0]) >= OLDEST
    assert pid == process.pid


def test_an_installed_package_finds_its_modules(package, tmp_path):
    folder = install(package, tmp_path / "cache")

    done = subprocess.run([node().path, folder / "greet.js"], capture_output=True, text=True, check=True)
    assert done.stdout == "hello\n"
    assert not (folder / "greeter.py").exists()


def test_what_is_installed_is_left_alone_and_what_changed_is_installed_anew(package, tmp_path):
    first = install(package, tmp_path / "cache")
    (first / "mark").touch()

    assert install(package, tmp_path / "cache") == first
    (package / "words/index.js").write_text("module.exports = 'good morning';")
    second = install(package, tmp_path / "cache")

    assert (first / "mark").exists()
    assert second != first


def test_two_at_once_get_the_same_whole_folder(package, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: install(package, tmp_path / "cache"), range(4)))

    [folder] = folders
    assert (folder / "node_modules/words/index.js").exists()


def test_what_a_killed_installation_left_is_swept_away(package, tmp_path):
    target = install(package, tmp_path / "cache")
    target.rename(target.with_name(target.name + ".part"))

    assert install(package, tmp_path / "cache") == target
    assert (target / "node_modules").exists()


def test_a_lock_that_does_not_fit_is_an_error_that_names_the_package(package, tmp_path):
    (package / "package-lock.json").write_text("{}")

    with pytest.raises(Permanent, match="npm cannot install greeter"):
        install(package, tmp_path / "cache")
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} <= {".lock", ".part"}


@pytest.mark.parametrize(
    ("output", "fix"),
    [
        ("npm error code ENOTFOUND\nnpm error syscall getaddrinfo", "check the network"),
        ("npm error code EINTEGRITY\nnpm error sha512-...", "npm cache clean"),
        ("npm error code ENOSPC", "free 1 GB"),
        ("npm error code EACCES", "NPM_CONFIG_CACHE"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"),
        ("npm warn something\nnpm error code EWHATEVER", "EWHATEVER"),
    ],
)
def test_an_error_of_npm_says_the_fix(output, fix):
    assert fix in explain_npm(output)


def test_the_locks_name_no_download_addresses():
    lock = json.loads((azurite.PACKAGE / "package-lock.json").read_text())

    resolved = [entry["resolved"] for entry in lock["packages"].values() if "resolved" in entry]
    assert resolved == ["stub"]
