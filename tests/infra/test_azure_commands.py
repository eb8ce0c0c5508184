"""The operator's commands: against a stand-in of `az`, the local index, and the estimate that the manual shows."""

import argparse
import json
import stat
import textwrap
from pathlib import Path

import pytest

from lib.adapters.local.sqlite_search_index import SqliteSearchIndex
from lib.domain.features import FeatureSet, Recipe, feature_set_id
from lib.errors import BadInput, DimensionMismatch, Permanent
from local.azure_cli import CommandFailed
from local.commands import azure, azure_cost, azure_register
from local.commands.azure_init import ROLE_PAUSE_S, make_index, patiently
from local.remote import NoAnswer, Remote, remote
from tests.docs.manual import read, rows, section
from tests.infra.templates import listed

AZ = """\
    #!/usr/bin/env python3
    import json, os, sys
    folder = os.path.dirname(os.path.abspath(__file__))
    state_file = os.path.join(folder, "state.json")
    state = {"calls": [], "apps": {}, "fics": [], "given": []}
    if os.path.exists(state_file):
        state = json.load(open(state_file))
    arguments = [a for a in sys.argv[1:] if a not in ("--only-show-errors", "--output", "json")]
    state["calls"].append(arguments)
    answer = None
    if arguments[:2] == ["account", "show"]:
        answer = {"tenantId": "tenant-1"}
    elif arguments[:3] == ["ad", "app", "list"]:
        answer = list(state["apps"].values())
    elif arguments[:3] == ["ad", "sp", "list"]:
        answer = [{"id": "sp-1"}] if state.get("sp") else []
    elif arguments[:3] == ["ad", "sp", "create"]:
        state["sp"], answer = True, {"id": "sp-1"}
    elif arguments[:2] == ["ad", "signed-in-user"]:
        answer = {"id": "me"}
    elif arguments[0] == "rest":
        method, url = arguments[2], arguments[4].split("/v1.0")[1]
        body = json.loads(arguments[-1]) if "--body" in arguments else None
        kept = state["fics"] if "federated" in url else state["given"]
        if url == "/applications":
            answer = {"id": "object-1", "appId": "client-1", **body}
            state["apps"]["object-1"] = answer
        elif method == "GET":
            answer = {"value": kept}
        elif method == "POST":
            kept.append(body)
        else:
            state["apps"]["object-1"].update(body)
    else:
        sys.exit("ERROR: unknown command: run `az login`")
    json.dump(state, open(state_file, "w"))
    print(json.dumps(answer) if answer is not None else "")
"""


@pytest.fixture
def az(tmp_path, monkeypatch):
    """A stand-in of the Azure CLI, first on PATH; gives the folder with its state."""
    program = tmp_path / "az"
    program.write_text(textwrap.dedent(AZ))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("APP_URL", "APP_IDENTITY_PRINCIPAL_ID", "ENTRA_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    azure.add_arguments(parser)
    return parser.parse_args(arguments)


def _state(folder: Path) -> dict:
    return json.loads((folder / "state.json").read_text())


def test_register_makes_an_application_with_the_three_roles_and_no_secret(az, capsys):
    options = _parsed("register", "--url", "https://app.example", "--identity", "identity-1", "--make-me-admin")

    assert azure.run(options) == 0

    state = _state(az)
    application = state["apps"]["object-1"]
    assert capsys.readouterr().out == "client-1\n"
    assert [role["value"] for role in application["appRoles"]] == ["Reader", "Operator", "Admin"]
    assert application["web"]["redirectUris"] == ["https://app.example/.auth/login/aad/callback"]
    assert application["identifierUris"] == ["api://client-1"]
    assert [trust["subject"] for trust in state["fics"]] == ["identity-1"]
    assert [given["principalId"] for given in state["given"]] == ["me"]
    assert not any("password" in word or "credential reset" in word for call in state["calls"] for word in call)


def test_registering_again_changes_nothing(az):
    options = _parsed("register", "--url", "https://app.example", "--identity", "identity-1", "--make-me-admin")
    azure.run(options)
    before = _state(az)

    azure.run(options)

    after = _state(az)
    assert {**after, "calls": []} == {**before, "calls": []}


def test_registering_without_an_address_leaves_the_known_one(az):
    azure.run(_parsed("register", "--url", "https://app.example"))

    azure.run(_parsed("register"))

    bodies = [json.loads(call[-1]) for call in _state(az)["calls"] if "--body" in call]
    addresses = [body["web"].get("redirectUris") for body in bodies if "web" in body]
    assert addresses == [["https://app.example/.auth/login/aad/callback"], None]


def test_a_missing_azure_cli_is_named_with_the_fix(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BadInput, match=r"the Azure CLI \(az\) is not installed: see https://"):
        azure_register.run(_parsed("register"))


def test_what_az_complains_of_is_passed_on(az):
    with pytest.raises(CommandFailed, match=r"`az account get-access-token --scope` failed: .*run `az login`"):
        remote("https://app.example", token="", client_id="client-1")


def test_two_applications_of_one_name_are_refused(az):
    twins = {key: {"id": key, "appId": key, "displayName": "Plumbline"} for key in ("a", "b")}
    (az / "state.json").write_text(json.dumps({"calls": [], "apps": twins, "fics": [], "given": []}))

    with pytest.raises(BadInput, match="there are 2 applications named 'Plumbline'"):
        azure_register.run(_parsed("register"))


def test_init_makes_the_index_that_the_feature_set_names(tmp_path):
    index = SqliteSearchIndex(tmp_path)
    recipe = Recipe(cleaner="1", chunker="1", chunk_tokens=150, embedder="m@4", dimensions=4)
    try:
        name = make_index(recipe, index=index)

        assert name == FeatureSet(id=feature_set_id(recipe), recipe=recipe, state="building").index
        assert index.count(name) == {("", 0): 0}
        assert make_index(recipe, index=index) == name
    finally:
        index.close()


def test_init_waits_for_a_new_role_but_not_for_ever(capsys):
    answers = [Permanent("not yet"), Permanent("not yet"), "done"]
    clock = [0.0]

    def act() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    given = {"pause": lambda s: clock.append(clock.pop() + s), "now": lambda: clock[-1]}
    assert patiently(act, wait_s=100, **given) == "done"
    assert clock == [2 * ROLE_PAUSE_S]

    answers[:] = [Permanent("refused")] * 9
    with pytest.raises(Permanent, match="refused"):
        patiently(act, wait_s=20, **given)
    answers[:] = [DimensionMismatch("other length")]
    with pytest.raises(DimensionMismatch):
        patiently(act, wait_s=1_000, **given)


def test_the_estimate_is_the_one_on_the_page(capsys):
    azure.run(_parsed("cost", "--json"))

    estimates = json.loads(capsys.readouterr().out)["estimates"]
    shown = {row[0]: row[1] for row in rows(section(read("docs/azure.md"), "Cost"))}
    digits = {"A month without use": 0}
    assert shown == {
        found["title"][0].lower() + found["title"][1:]: " + ".join(
            f"{amount:.{digits.get(found['title'], 2)}f} {currency}" for currency, amount in found["totals"].items()
        )
        for found in estimates
    }


def test_every_price_has_its_source_date_and_unit_and_is_used():
    table = listed("prices.json")
    assumed = azure_cost.with_changes(table["assumptions"], [])
    everything = {"autoscale_ru": 1_000, "private_endpoints": 5, "semantic": 1, "logs_gb": 9, "search_sku": "standard"}
    used = {
        line.price
        for a in (assumed, {**assumed, **everything}, {**assumed, "chat_model": "gpt-5.4"})
        for found in azure_cost.estimate(a, table["prices"])
        for line in found.lines
    }

    assert set(table["prices"]) == used
    assert all(p["source"] and p["dated"] and p["unit"] and p["currency"] for p in table["prices"].values())


def test_a_model_without_a_price_is_said_to_have_none(capsys):
    azure.run(_parsed("cost", "--set", "chat_model=unheard-of"))

    shown = capsys.readouterr().out
    assert shown.startswith("ESTIMATE, not an offer.")
    assert shown.count("no price found") == 2


@pytest.mark.parametrize("change", ["nothing=1", "memory_gb", "memory_gb=much"])
def test_a_wrong_assumption_is_refused(change):
    with pytest.raises(BadInput, match="--set"):
        azure.run(_parsed("cost", "--set", change))


def test_a_token_is_never_sent_without_encryption():
    with pytest.raises(BadInput, match="over https only"):
        Remote("http://app.example", token="t")


def test_an_address_that_does_not_answer_is_named():
    with pytest.raises(NoAnswer, match="nothing answers at http://localhost:9"):
        Remote("http://localhost:9/").call("GET", "/")


def test_a_wrong_sources_file_is_refused_before_anything_is_sent(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("sources:\n  - id: a\n    kinds: push\n")

    with pytest.raises(BadInput, match=r"mine\.yaml:3: unknown key 'kinds'"):
        azure.run(_parsed("sources", str(path), "--url", "https://app.example", "--token", "t"))
