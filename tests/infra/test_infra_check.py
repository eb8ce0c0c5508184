"""The check of the templates passes on ours and finds planted faults."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.infra.templates import INFRA, ROOT
from tools import infra_check
from tools.infra_check import InfraFault, check_types

FAILED = {"file_path": "a", "check_id": "C", "check_name": "N", "resource": "r"}


@pytest.fixture
def planted(tmp_path):
    """Plant a fault in a copy of infra/."""

    def plant(module: str, good: str, bad: str):
        folder = tmp_path / "infra"
        shutil.copytree(INFRA, folder)
        path = folder / "modules" / f"{module}.bicep"
        source = path.read_text(encoding="utf-8")
        assert good in source
        path.write_text(source.replace(good, bad), encoding="utf-8")
        return folder

    return plant


def test_our_templates_pass():
    assert check_types(INFRA).startswith("types: 13 templates, no findings")


@pytest.mark.parametrize(
    ("module", "good", "bad", "finding"),
    [
        (
            "storage",
            "allowSharedKeyAccess",
            "allowSharedKeysAccess",
            "unknown property 'allowSharedKeysAccess'; did you mean",
        ),
        ("storage", "bypass: 'AzureServices'", "bypass: 'AzureService'", "'AzureService' is not one of"),
        ("storage", "'Deny' : 'Allow'", "'deny' : 'Allow'", "'deny' is not one of"),
        ("app", "requireHttps: true", "requireHttps: 'true'", "expected bool, got string"),
        ("app", "@2024-11-01", "@2024-11-02", "does not exist; nearest known"),
        ("roles", "role.modelUser", "role.modelsUser", "role has no 'modelsUser'; did you mean 'modelUser'"),
        ("cosmos", "param backupTier string\n", "", "undefined name 'backupTier'"),
        ("browser", "lifecycle: 'None'", "lifecycle: 'Never'", "'Never' is not one of"),
        ("browser-names", "ipv4Address:", "ipv4Addres:", "unknown property 'ipv4Addres'; did you mean"),
        (
            "models",
            "Microsoft.CognitiveServices/accounts@",
            "Microsoft.CognitiveService/accounts@",
            "not among the bundled",
        ),
    ],
)
def test_a_planted_fault_is_found(planted, capsys, module, good, bad, finding):  # noqa: PLR0917 - a table has columns
    with pytest.raises(InfraFault, match="findings in the Bicep templates"):
        check_types(planted(module, good, bad))

    assert finding in capsys.readouterr().out


def test_a_parameter_that_a_module_lost_is_found_where_it_is_passed(planted, capsys):
    with pytest.raises(InfraFault):
        check_types(planted("search", "param replicas int\n", "var replicas = 1\n"))

    assert "main.bicep" in capsys.readouterr().out


def test_an_empty_folder_is_no_success(tmp_path):
    with pytest.raises(InfraFault, match=r"there are no \.bicep files"):
        check_types(tmp_path)


def test_the_command_fails_on_a_fault(planted):
    folder = planted("search", "disableLocalAuth: true", "disableLocalAuth: 'yes'")

    done = subprocess.run(
        [sys.executable, "-m", "tools.infra_check", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith("error: 1 findings in the Bicep templates")


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (None, "checkov gave no report"),
        ({"failed_checks": [], "parsing_errors": ["a.bicep"]}, "cannot parse a.bicep"),
        ({"failed_checks": [FAILED], "parsing_errors": []}, "1 broken security rules"),
    ],
)
def test_what_checkov_could_not_read_or_found_fails(monkeypatch, tmp_path, results, message):
    printed = json.dumps({"summary": {"passed": 1}, "results": results}) if results else ""
    checkov = tmp_path / "python"
    checkov.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\n")
    checkov.chmod(0o755)
    monkeypatch.setattr(infra_check, "prepare", lambda *_, **__: checkov)

    with pytest.raises(InfraFault, match=message):
        infra_check.check_rules(INFRA)


def test_every_skipped_rule_has_its_reason():
    lines = (ROOT / ".checkov.yaml").read_text(encoding="utf-8").splitlines()
    skipped = [line for line in lines if line.lstrip().startswith("- CKV")]

    assert skipped
    assert [line for line in skipped if len(line.partition("#")[2].strip()) < 10] == []
