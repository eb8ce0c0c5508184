"""Containers, roles, parameters and the security baseline are the listed ones."""

import json
import re
from dataclasses import asdict

import pytest

from lib.adapters.azure.blob_folder import ROLE as BLOB_READER
from lib.adapters.azure.cosmos_containers import CONTAINERS, DATABASE
from lib.adapters.web.secrets import headers_of
from lib.domain.sources import Source
from tests.docs.manual import read, rows, section
from tests.infra.templates import INFRA, keys, listed, parameters, passed, resources, template, value
from tools.check_bicep.syntax import kids, text

ROLES = {
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Search Index Data Contributor": "8ebe5a00-799e-43f5-93ac-243d3dce84a7",
    "Search Service Contributor": "7ca78c08-252a-4471-8644-bb5ff32d4ba0",
    "Cognitive Services OpenAI User": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
ASSIGNMENTS = {
    "appBlobs": ("blobOwner", "storage", "appPrincipalId"),
    "appFiles": ("blobReader", "files", "appPrincipalId"),
    "appQueues": ("queueContributor", "storage", "appPrincipalId"),
    "appIndex": ("indexContributor", "search", "appPrincipalId"),
    "appModels": ("modelUser", "models", "appPrincipalId"),
    "appTelemetry": ("metricsPublisher", "insights", "appPrincipalId"),
    "operatorIndexes": ("searchContributor", "search", "operatorPrincipalId"),
}
"""Every role assignment there is, but for the data role that Cosmos DB keeps itself."""


def test_containers_are_those_of_the_adapters():
    wanted = [
        {
            "name": c.name,
            "partition_key": c.partition_key,
            "default_ttl": c.default_ttl,
            "included_paths": [p["path"] for p in c.indexing_policy["includedPaths"]],
            "excluded_paths": [p["path"] for p in c.indexing_policy["excludedPaths"]],
        }
        for c in CONTAINERS
    ]

    assert listed("cosmos-containers.json") == wanted
    assert {name for c in CONTAINERS for name in asdict(c)} == {
        *("name", "partition_key", "default_ttl", "included", "excluded")
    }
    assert f"var database = '{DATABASE}'" in template("main").path.read_text(encoding="utf-8")


def test_role_assignments_are_the_listed_ones_each_on_one_resource():
    found = {
        name: (
            value("roles", name, "properties.roleDefinitionId"),
            value("roles", name, "scope"),
            value("roles", name, "properties.principalId"),
        )
        for name, body in resources("roles").items()
        if "roleAssignments" in template("roles").kinds[template("roles").symbols[name].id][0] and name != "appData"
    }

    assert found == {
        name: (f"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.{role})", scope, principal)
        for name, (role, scope, principal) in ASSIGNMENTS.items()
    }


def test_only_the_module_of_roles_assigns_roles():
    elsewhere = [path for path in INFRA.rglob("*.bicep") if path.name != "roles.bicep"]

    assert [path.name for path in elsewhere if re.search("oleAssignments@", path.read_text(encoding="utf-8"))] == []
    assert "if (assignRoles)" in template("main").path.read_text(encoding="utf-8")


def test_files_of_sources_have_a_container_only_if_one_is_named():
    declared = {name: text(kids(template(name).symbols["files"])[2]) for name in ("storage", "roles")}

    assert declared["storage"].startswith("if (!empty(filesContainer)) {")
    assert text(kids(template("roles").symbols["appFiles"])[2]).startswith("if (!empty(filesContainer)) {")
    assert value("storage", "files", "properties.publicAccess") == "None"
    assert value("storage", "files", "name") == value("roles", "files", "name")
    assert passed("storage", "filesContainer") == passed("roles", "filesContainer") == "filesContainer"


def test_the_role_for_files_reaches_one_container():
    assert value("roles", "files", "parent") == "blobs"
    assert value("roles", "blobs", "parent") == "storage"
    assert ROLES[BLOB_READER] in template("roles").path.read_text(encoding="utf-8")


def test_secrets_of_sources_become_references_under_the_names_that_the_app_reads(monkeypatch):
    one, joined = (text(kids(template("main").symbols[name])[-1]) for name in ("references", "sourceReferences"))
    pattern = re.fullmatch(r"\[for item in items\(sourceSecrets\): '(.*)'\]", one)[1]
    entry = pattern.replace("${item.key}", "WIKI_TOKEN").replace("${item.value}", "https://vault.example/secrets/wiki")

    settings = json.loads(f"{{{entry}}}")

    assert joined == "json('{${join(references, ',')}}')"
    assert settings == {"SOURCE_WIKI_TOKEN": "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/wiki)"}
    for name in settings:
        monkeypatch.setenv(name, "s3cret")
    source = Source(id="wiki", kind="website", headers=(("Authorization", "secret:WIKI_TOKEN"),))
    assert dict(headers_of(source)) == {"Authorization": "s3cret"}
    assert passed("app", "settings") == "union(deployed, sourceReferences, appSettings)"
    assert value("app", "app", "properties.keyVaultReferenceIdentity") == "identityId"


def test_the_data_role_reaches_one_database():
    assert value("roles", "appData", "properties.scope") == "'${cosmos.id}/dbs/${databaseName}'"
    assert value("roles", "appData", "properties.roleDefinitionId").endswith("00000000-0000-0000-0000-000000000002'")


def test_role_ids_are_known_and_on_the_page():
    source = template("roles").path.read_text(encoding="utf-8")
    documented = {row[0] for row in rows(section(read("docs/azure.md"), "Permissions"))}

    assert set(re.findall(r"'([0-9a-f-]{36})' //", source)) == set(ROLES.values())
    assert keys("roles", "role") == {role for role, _, _ in ASSIGNMENTS.values()}
    assert set(ROLES) <= documented


def test_the_parameters_file_names_parameters_and_gives_all_that_have_no_default():
    given = set(listed("main.parameters.json")["parameters"])
    known = parameters("main")

    assert given <= set(known)
    assert {name for name, has_default in known.items() if not has_default} <= given


def test_every_variable_of_the_parameters_file_is_on_the_page_and_in_the_workflow():
    names = set(re.findall(r"\$\{(\w+)", read("infra/main.parameters.json")))
    workflow = read(".github/workflows/deploy.yml")

    assert {name for name in names if f"  {name}: " not in workflow} == set()
    assert {name for name in names if f"`{name}`" not in read("docs/azure.md")} == set()


@pytest.mark.parametrize(
    ("module", "resource", "path", "wanted"),
    [
        ("storage", "account", "properties.allowSharedKeyAccess", "false"),
        ("storage", "account", "properties.allowBlobPublicAccess", "false"),
        ("storage", "account", "properties.minimumTlsVersion", "TLS1_2"),
        ("storage", "account", "properties.supportsHttpsTrafficOnly", "true"),
        ("cosmos", "account", "properties.disableLocalAuth", "true"),
        ("cosmos", "account", "properties.minimalTlsVersion", "Tls12"),
        ("cosmos", "account", "properties.consistencyPolicy.defaultConsistencyLevel", "Strong"),
        ("cosmos", "account", "properties.backupPolicy.type", "Continuous"),
        ("search", "service", "properties.disableLocalAuth", "true"),
        ("models", "account", "properties.disableLocalAuth", "true"),
        ("observability", "insights", "properties.DisableLocalAuth", "!localAuth"),
        ("app", "app", "properties.httpsOnly", "true"),
        ("app", "app", "properties.siteConfig.minTlsVersion", "1.2"),
        ("app", "app", "properties.siteConfig.ftpsState", "Disabled"),
        ("app", "scmPassword", "properties.allow", "false"),
        ("app", "ftpPassword", "properties.allow", "false"),
        ("app", "authentication", "properties.globalValidation.requireAuthentication", "true"),
        ("app", "authentication", "properties.httpSettings.requireHttps", "true"),
        (
            "app",
            "authentication",
            "properties.globalValidation.excludedPaths",
            "['/api/health/live', '/api/health/ready']",
        ),
        ("app", "app", "properties.functionAppConfig.runtime.version", "3.13"),
    ],
)
def test_the_security_baseline_holds(module, resource, path, wanted):
    assert value(module, resource, path) == wanted


@pytest.mark.parametrize("module", ["storage", "cosmos", "search", "models"])
def test_one_switch_takes_every_store_off_the_internet(module):
    resource = "service" if module == "search" else "account"

    assert value(module, resource, "properties.publicNetworkAccess") == "isPrivate ? 'Disabled' : 'Enabled'"


def test_every_private_endpoint_has_its_zones():
    links = listed("private-links.json")

    assert {zone for link in links["links"] for zone in link["zones"]} == set(links["zones"])
    assert {link["target"] for link in links["links"]} == {"storage", "cosmos", "search", "models"}


def test_no_template_asks_for_a_key():
    asking = re.compile(r"list(Keys|ConnectionStrings|AccountSas|Secrets|AdminKeys|QueryKeys)|@secure|AccountKey")

    assert [p.name for p in INFRA.rglob("*.bicep") if asking.search(p.read_text(encoding="utf-8"))] == []


def test_everything_that_can_have_tags_has_them():
    untagged = [
        f"{path.stem}.{name}"
        for path in INFRA.rglob("*.bicep")
        for name, body in resources("main" if path.stem == "main" else path.stem).items()
        if "\n  location: " in text(body) and "\n  tags: " not in text(body)
    ]

    assert untagged == []
