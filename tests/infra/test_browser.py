"""The remote browser's proxy runs from what its image holds, and the templates shut the browser in."""

import re
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.adapters.web.proxy_client import get, say
from tests.docs.manual import read
from tests.infra.templates import INFRA, ROOT, listed, passed, template, value
from tools.check_bicep.syntax import kids, literal, text

DOCKERFILE = "infra/browser/Dockerfile"
METADATA = "http://169.254.169.254/metadata/instance"


def _instructions() -> list[list[str]]:
    """Words of the Dockerfile's lines, continued lines joined."""
    lines = read(DOCKERFILE).replace("\\\n", " ").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def _copied() -> dict[str, str]:
    """Files that the image holds, with their folder below /app."""
    return {name: words[-1] for words in _instructions() if words[0] == "COPY" for name in words[1:-1]}


@pytest.fixture
def image(tmp_path):
    """A folder with what the image holds below /app, and nothing else."""
    for name, folder in _copied().items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / folder)
    return tmp_path


@pytest.fixture
def proxy(image):
    """The program of the image, started without any installed package."""
    command = [sys.executable, "-S", "-u", "-m", "lib.adapters.web.filtering_proxy", "--port", "0"]
    with subprocess.Popen(command, cwd=image, env={"HOME": str(image)}, stderr=subprocess.PIPE, text=True) as process:
        port = int(process.stderr.readline().rpartition(":")[2])
        yield SimpleNamespace(host="127.0.0.1", port=port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_the_image_holds_the_proxy_and_nothing_else():
    assert set(_copied()) == {
        *("lib/__init__.py", "lib/adapters/__init__.py"),
        *(
            f"lib/adapters/web/{name}.py"
            for name in (
                *("__init__", "address_rules", "filtering_proxy"),
                *("proxy_exchange", "proxy_policy", "proxy_wire"),
            )
        ),
    }
    assert {f"{folder}{name.rpartition('/')[2]}" for name, folder in _copied().items()} == set(_copied())


def test_nothing_else_is_sent_to_who_builds_the_image():
    rules = [line for line in read(f"{DOCKERFILE}.dockerignore").splitlines() if not line.startswith("#")]

    assert rules == ["*", *(f"!{name}" for name in sorted(_copied()))]


def test_the_image_runs_the_proxy_and_not_as_root():
    given = {words[0]: " ".join(words[1:]) for words in _instructions()}

    assert given["FROM"] == "python:3.13-slim"
    assert given["USER"] == "65534:65534"
    assert given["ENTRYPOINT"] == '["python", "-S", "-m", "lib.adapters.web.filtering_proxy"]'


def test_what_the_image_holds_refuses_metadata(proxy):
    status, headers, body = get(proxy, METADATA)

    assert (status, body) == (403, b"")
    assert headers["X-Plumbline-Reason"]


def test_what_the_image_holds_opens_no_tunnel_to_private_addresses(proxy):
    refused = [say(proxy, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode()) for host in ("127.0.0.1", "10.42.1.4")]

    assert [head.split()[1] for head in refused] == ["403", "403"]


def test_the_container_app_starts_the_program_of_the_image():
    source = template("browser").path.read_text(encoding="utf-8")

    assert "command: ['python', '-m', 'lib.adapters.web.filtering_proxy']" in source
    assert "args: ['--host', '127.0.0.1', '--port', string(proxyPort)]" in source
    assert "output proxyUrl string = 'http://127.0.0.1:${proxyPort}'" in source


def test_the_browser_is_not_public():
    assert value("browser", "environment", "properties.publicNetworkAccess") == "Disabled"
    assert value("browser", "environment", "properties.vnetConfiguration.internal") == "true"


def test_an_identity_that_pulls_images_gives_the_browser_no_token():
    settings = value("browser", "app", "properties.configuration.identitySettings")

    assert settings == "empty(pullIdentityId) ? [] : [{ identity: pullIdentityId, lifecycle: 'None' }]"
    assert passed("browser", "pullIdentityId") == "browserPullIdentityId"


def test_a_browser_without_network_or_proxy_is_refused():
    browser = template("browser")
    wanted = {n for n, node in browser.symbols.items() if "minLength" in browser.decorators.get(node.id, {})}

    assert wanted == {"subnetId", "browserImage", "proxyImage"}
    assert text(kids(template("main").symbols["hasBrowser"])[-1]) == "!empty(browserImage) || !empty(browserProxyImage)"
    assert passed("browser", "subnetId") == "privateNetworking ? network!.outputs.browserSubnetId : ''"


def test_there_is_no_browser_unless_asked_for():
    defaults = {
        name: literal(kids(template("main").symbols[name])[2]) for name in ("browserImage", "browserProxyImage")
    }

    assert defaults == {"browserImage": "", "browserProxyImage": ""}


def test_the_app_is_told_where_the_browser_is():
    names = listed("app-settings.json")["deployed"]
    source = template("main").path.read_text(encoding="utf-8")

    assert {"BROWSER_URL", "BROWSER_PROXY_URL"} <= set(names)
    assert "BROWSER_URL: hasBrowser ? browser!.outputs.url : ''" in source
    assert "BROWSER_PROXY_URL: hasBrowser ? browser!.outputs.proxyUrl : ''" in source


def test_the_browser_has_a_subnet_of_its_own():
    subnets = value("network", "network", "properties.subnets")

    assert re.findall(r"name: '(\w+)'\n        properties", subnets) == ["app", "endpoints", "browser"]
    assert subnets.count("serviceName: 'Microsoft.App/environments'") == 2
    assert "networkSecurityGroup: { id: browserRules.id }" in subnets


def test_the_browser_reaches_nothing_private_and_only_the_app_reaches_it():
    rules = value("network", "browserRules", "properties.securityRules")
    found = {
        name: re.findall(r"(?:direction|access|sourceAddressPrefix|destinationAddressPrefix): '?(\w+|\*)'?", rule)
        for name, rule in re.findall(r"name: '([\w-]+)'\n(.*?)\n      }", rules, re.DOTALL)
    }

    assert found == {
        "https-from-the-app": ["Inbound", "Allow", "appPrefix", "browserPrefix"],
        "load-balancer": ["Inbound", "Allow", "AzureLoadBalancer", "browserPrefix"],
        "from-itself": ["Inbound", "Allow", "browserPrefix", "browserPrefix"],
        "nobody-else": ["Inbound", "Deny", "*", "*"],
        "to-itself": ["Outbound", "Allow", "browserPrefix", "browserPrefix"],
        "nothing-private": ["Outbound", "Deny", "*", "VirtualNetwork"],
    }


def test_no_file_of_infra_names_a_registry():
    hosts = re.compile(r"\b(?:docker\.io|ghcr\.io|quay\.io|azurecr\.io|mcr\.microsoft\.com|registry\.\w+)\b")
    files = [path for path in INFRA.rglob("*") if path.is_file()]

    assert [path.name for path in files if hosts.search(path.read_text(encoding="utf-8"))] == []
