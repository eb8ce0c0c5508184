"""One list of app settings: Bicep, the settings class, the example and the manual agree."""

import json
import re

from lib.settings import Settings
from tests.docs.manual import read, rows
from tests.infra.templates import ROOT, keys, listed, template

PLATFORM = "## Settings of the Functions platform"
LEFT_TO_DEFAULTS_ON_A_LAPTOP = {
    *("AzureWebJobsStorage__queueServiceUri", "SEARCH_QUANTIZATION", "SEARCH_SEMANTIC", "STATUS_CACHE_S"),
    *("BROWSER_URL", "BROWSER_PROXY_URL"),
    *("CONVERSATION_TTL_DAYS", "SNAPSHOT_TTL_DAYS", "TOMBSTONE_TTL_DAYS"),
}


def _settings() -> set[str]:
    return {Settings.environment_name(field) for field in Settings.model_fields}


def _of_the_platform() -> set[str]:
    """Settings that the host, its worker and the SDKs read, as the manual lists them."""
    return {row[0].strip("`") for row in rows(read("docs/settings.md").partition(PLATFORM)[2])}


def _set() -> set[str]:
    names = listed("app-settings.json")
    return {*names["fixed"], *names["deployed"], *names["sign_in"]}


def test_every_setting_is_set_in_azure_or_has_a_reason_not_to_be():
    names = listed("app-settings.json")
    left_out = {*names["left_at_default"], *names["never_in_azure"]}

    assert _settings() - _set() == left_out
    assert _set() & left_out == set()


def test_what_is_set_is_known_to_the_app_or_on_the_page_of_the_platform():
    assert _set() - _settings() - _of_the_platform() == set()


def test_the_templates_set_what_the_list_says_they_decide():
    names = listed("app-settings.json")

    assert keys("main", "deployed") | keys("app", "own") == set(names["deployed"])
    assert keys("app", "signIn") == set(names["sign_in"])
    assert set(names["fixed"]) & set(names["deployed"]) == set()


def test_no_setting_that_flex_consumption_refuses_is_set():
    assert _set() & set(listed("app-settings.json")["refused_by_flex"]) == set()


def test_fixed_values_are_valid_settings():
    fixed = {n.lower(): v for n, v in listed("app-settings.json")["fixed"].items() if n in _settings()}
    services = ("COSMOS__accountEndpoint", "AzureWebJobsStorage__queueServiceUri", "search_endpoint")

    given = Settings.model_validate({**fixed, **dict.fromkeys(services, "https://example.com")})

    assert (given.backend, given.auth, given.sources_file) == ("azure", "platform", "registry")


def test_every_name_in_a_binding_is_an_app_setting():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "blueprints").glob("*.py")]
    names = {name for text in texts for name in re.findall(r"%([A-Z_]+)%", text)}
    connections = {name for text in texts for name in re.findall(r'connection="(\w+)"', text)}

    assert names <= _set()
    assert connections == {name.partition("__")[0] for name in _set() if "__" in name}


def test_queues_are_made_by_the_names_that_the_app_uses():
    names = listed("app-settings.json")

    assert names["queues"] == [names["fixed"]["FEATURES_QUEUE"], names["fixed"]["CRAWL_QUEUE"]]


def test_the_example_knows_every_setting_of_azure_that_a_laptop_wants():
    example = set(json.loads(read("local.settings.json.example"))["Values"])

    assert (_set() & _settings()) - example - LEFT_TO_DEFAULTS_ON_A_LAPTOP == set()


def test_threads_are_enough_for_the_queues():
    queues = json.loads(read("host.json"))["extensions"]["queues"]
    source = template("main").path.read_text(encoding="utf-8")

    default = int(re.search(r"param threads int = (\d+)", source)[1])

    assert default >= queues["batchSize"] + queues["newBatchThreshold"]
