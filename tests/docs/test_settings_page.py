"""The settings page, the example file and the bindings say what the code says."""

import json
import re

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from lib.settings import Settings
from tests.docs.manual import ROOT, read, rows

PLATFORM = "## Settings of the Functions platform"


def _default(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return "empty" if value == "" else f"`{value}`"


def _names_in_bindings() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "blueprints").glob("*.py")]
    return {name for text in texts for name in re.findall(r"%([A-Z_]+)%", text)}


def _example() -> dict[str, str]:
    values: dict[str, str] = json.loads(read("local.settings.json.example"))["Values"]
    return values


def test_every_setting_is_on_its_page_with_its_default_and_meaning():
    page = read("docs/settings.md").partition(PLATFORM)[0]
    fields = Settings.model_fields.items()
    expected = {f"`{Settings.environment_name(name)}`": [_default(f), f.description] for name, f in fields}

    documented = {row[0]: row[1:] for row in rows(page)}

    assert documented == expected


def test_every_setting_has_a_description_that_ends_a_sentence():
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []


def test_every_name_in_a_binding_is_a_setting_and_in_the_example():
    names = _names_in_bindings()

    assert names
    assert names <= {name.upper() for name in Settings.model_fields}
    assert names <= set(_example())


def test_every_connection_of_a_binding_is_in_the_example():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "blueprints").glob("*.py")]
    connections = {name for text in texts for name in re.findall(r'connection="(\w+)"', text)}

    given = {name.partition("__")[0] for name in _example()}

    assert connections == {"AzureWebJobsStorage", "COSMOS"}
    assert connections <= given


def test_the_example_holds_settings_that_the_app_or_the_platform_knows():
    platform = {row[0].strip("`") for row in rows(read("docs/settings.md").partition(PLATFORM)[2])}

    unknown = set(_example()) - platform - set(map(Settings.environment_name, Settings.model_fields))

    assert unknown == set()


def test_the_example_gives_the_defaults_but_for_a_laptop():
    names = {Settings.environment_name(name): name for name in Settings.model_fields}
    example = {names[name]: value for name, value in _example().items() if name in names}
    laptop = {"auth": "loopback", "storage_connection": SecretStr("UseDevelopmentStorage=true")}

    given = Settings.model_validate(example)

    assert given == Settings.model_validate({}).model_copy(update=laptop)


def test_the_threads_of_the_example_are_enough_for_the_queues():
    queues = json.loads(read("host.json"))["extensions"]["queues"]

    threads = int(_example()["PYTHON_THREADPOOL_THREAD_COUNT"])

    assert threads >= queues["batchSize"] + queues["newBatchThreshold"]
