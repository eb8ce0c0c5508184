"""Alerts and workbook ask for what the app tells; workflows keep no secret."""

import json
import re

import yaml

from tests.docs.manual import ROOT, read
from tests.infra.templates import listed, template

FUNCTIONS = {
    name
    for path in (ROOT / "blueprints").glob("*.py")
    for name in re.findall(r"(?m)^(?:async )?def (\w+)\(", path.read_text(encoding="utf-8"))
}


def _watch() -> str:
    return template("watch").path.read_text(encoding="utf-8")


def test_alerts_name_functions_that_exist():
    named = set(re.findall(r'"([a-z]+(?:_[a-z]+)*)"', " ".join(re.findall(r"query: '(.*)'", _watch()))))

    assert {"set_aside_features", "set_aside_crawl", "http"} <= named
    assert named <= FUNCTIONS


def test_alerts_and_workbook_ask_for_listed_metrics():
    metrics = listed("metrics.json")

    assert set(re.findall(r"\$\{metric\.(\w+)\}", _watch())) <= set(metrics)
    assert set(re.findall(r"plumbline\.[a-z_.]+[a-z]", (ROOT / "infra" / "workbook.json").read_text())) <= set(
        metrics.values()
    )


def test_listed_metrics_are_emitted_by_the_app():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lib").rglob("*.py"))

    assert {name for name in listed("metrics.json").values() if f'"{name}"' not in code} == set()


def test_the_workbook_is_whole():
    workbook = json.loads((ROOT / "infra" / "workbook.json").read_text(encoding="utf-8"))
    names = [item["name"] for item in workbook["items"]]

    assert len(names) == len(set(names)) > 8


def test_workflows_sign_in_without_a_secret():
    source = read(".github/workflows/deploy.yml")

    assert "secrets." not in source
    assert yaml.safe_load(source)["permissions"]["id-token"] == "write"


def test_a_pull_request_of_a_fork_gets_no_token():
    job = yaml.safe_load(read(".github/workflows/deploy.yml"))["jobs"]["what-if"]

    assert "head.repo.full_name == github.repository" in job["if"]


def test_every_job_that_deploys_ends_with_the_smoke_test():
    jobs = yaml.safe_load(read(".github/workflows/deploy.yml"))["jobs"]
    deploying = {n: j["steps"] for n, j in jobs.items() if any("config-zip" in s.get("run", "") for s in j["steps"])}

    assert set(deploying) == {"deploy", "rollback"}
    assert all("dev.py smoke" in steps[-1]["run"] for steps in deploying.values())
