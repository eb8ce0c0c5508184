# ruff: noqa: E501 - a template on one line is a cell of a table
"""Each rule of the Bicep check fires on a bad template and is silent on a good one."""

from pathlib import Path

import pytest

from tools.check_bicep.checker import Checker
from tools.check_bicep.model import KINDS, Types
from tools.infra_check import TYPES

ARM = Types(TYPES)
STORAGE = "Microsoft.Storage/storageAccounts@2025-08-01"
MODULE = """
@allowed(['dev', 'prod'])
param stage string
param count int = 1
param tags object?
param model { name: string, capacity: int? } = { name: 'x' }
output id string = '${stage}${count}${string(tags)}${model.name}'
"""


def account(body: str, head: str = "") -> str:
    """A template with a storage account that has these lines as properties."""
    return f"""{head}
resource st '{STORAGE}' = {{
  name: 'stexample'
  location: 'westeurope'
  kind: 'StorageV2'
  sku: {{ name: 'Standard_LRS' }}
  properties: {{
{body}
  }}
}}
"""


def module(params: str, tail: str = "") -> str:
    """A template that passes these parameters to MODULE."""
    return f"module m 'modules/y.bicep' = {{\n  name: 'm'\n  params: {{\n{params}\n  }}\n}}\n{tail}\n"


def check(folder: Path, source: str) -> list[str]:
    """The findings on a template, beside which lies modules/y.bicep, as `line: severity: message`."""
    (folder / "modules").mkdir(exist_ok=True)
    (folder / "modules" / "y.bicep").write_text(MODULE, "utf-8")
    (folder / "main.bicep").write_text(source, "utf-8")
    findings = Checker(folder / "main.bicep", ARM, {}).run()
    return [f"{line}: {severity}: {message}" for line, severity, message in sorted(findings)]


BAD = {
    "syntax": ("param x string\nresource = {\n", "error: cannot parse"),
    "unknown property": (account("allowSharedKeyAcces: true"), "8: error: unknown property 'allowSharedKeyAcces'; did you mean 'allowSharedKeyAccess'?"),
    "nested unknown": (account("networkAcls: { defaultAction: 'Deny', ipRule: [] }"), "8: error: unknown property 'ipRule'"),
    "in an array": (account("networkAcls: {\n defaultAction: 'Deny'\n ipRules: [\n { value: '1.2.3.4', acton: 'Allow' }\n ]\n }"), "11: error: unknown property 'acton'"),
    "in a ternary": (account("networkAcls: p ? { defaultAction: 'Deny', nope: 1 } : null", "param p bool"), "8: error: unknown property 'nope'"),
    "in a loop": (f"resource q '{STORAGE}' = [for n in ['a']: {{\n  name: 'st${{n}}'\n  locaton: n\n}}]", "3: error: unknown property 'locaton'"),
    "missing required": (f"resource st '{STORAGE}' = {{\n  name: 'stexample'\n  kind: 'StorageV2'\n  sku: {{ name: 'Standard_LRS' }}\n}}", "1: error: missing required property 'location'"),
    "nested missing": (account("networkAcls: {}"), "8: error: missing required property 'defaultAction'"),
    "closed enum": (account("networkAcls: { defaultAction: 'deny' }"), "8: error: 'deny' is not one of"),
    "open enum": (account("minimumTlsVersion: 'TLS1_9'"), "8: warning: 'TLS1_9' is not one of"),
    "enum by variable": (account("networkAcls: { defaultAction: v }", "var v = 'deny'"), "8: error: 'deny' is not one of"),
    "string for bool": (account("allowSharedKeyAccess: 'false'"), "8: error: expected bool, got string: 'false'"),
    "parameter of a wrong type": (account("allowSharedKeyAccess: p", "param p string"), "8: error: expected bool, got string: p"),
    "object for array": (account("networkAcls: { defaultAction: 'Deny', ipRules: {} }"), "8: error: expected array, got object"),
    "resource for id": (account("", f"resource o '{STORAGE}' existing = {{\n  name: o2\n}}\nvar o2 = o").replace("location: 'westeurope'", "location: o"), "expected string, got object: o"),
    "length": (account("").replace("stexample", "s"), "3: error: 's' is outside 3..24 characters"),
    "string for int": ("resource s 'Microsoft.Search/searchServices@2025-05-01' = {\n  name: 'search'\n  location: 'x'\n  properties: {\n    replicaCount: '1'\n  }\n}", "5: error: expected int, got string: '1'"),
    "range": ("resource s 'Microsoft.Search/searchServices@2025-05-01' = {\n  name: 'search'\n  location: 'x'\n  properties: {\n    replicaCount: 13\n  }\n}", "5: error: 13 is outside 1..12"),
    "read-only": (account("primaryLocation: 'x'"), "8: error: property 'primaryLocation' is read-only"),
    "set on existing": (f"resource st '{STORAGE}' existing = {{\n  name: 'stexample'\n  location: 'x'\n}}", "3: error: property 'location' is read-only"),
    "discriminator": ("resource c 'Microsoft.Web/sites/config@2024-11-01' = {\n  name: 'app/appsetings'\n}", "2: error: 'appsetings' is not one of"),
    "discriminated property": ("resource c 'Microsoft.Web/sites/config@2024-11-01' = {\n  name: 'app/authsettingsV2'\n  properties: {\n    platfrom: {}\n  }\n}", "4: error: unknown property 'platfrom'; did you mean 'platform'?"),
    "discriminator missing": ("resource d 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {\n  name: 'cosmos'\n  location: 'x'\n  properties: {\n    databaseAccountOfferType: 'Standard'\n    locations: []\n    backupPolicy: {}\n  }\n}", "7: error: missing required property 'type'"),
    "nested resource": (account("").rstrip()[:-1] + "  resource blob 'blobServices' = {\n    name: 'default'\n    propertie: {}\n  }\n}", "12: error: unknown property 'propertie'"),
    "parent": (account("") + "resource c 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {\n  parent: st\n  name: 'c'\n}", "error: the parent of"),
    "api-version": ("resource st 'Microsoft.Storage/storageAccounts@2025-08-02' existing = {\n  name: 'stexample'\n}", "1: error: api-version '2025-08-02' of Microsoft.Storage/storageAccounts does not exist; nearest known: 2025-08-01"),
    "old api-version": ("resource st 'Microsoft.Storage/storageAccounts@2021-04-01' existing = {\n  name: 'stexample'\n}", "does not exist; nearest known: 2025-08-01"),
    "resource type": ("resource st 'Microsoft.Storage/storageAccount@2025-08-01' existing = {\n  name: 'stexample'\n}", "1: error: 'Microsoft.Storage/storageAccount' is not among the bundled resource types; did you mean 'Microsoft.Storage/storageAccounts'?"),
    "unbundled type": ("resource v 'Microsoft.Compute/virtualMachines@2024-07-01' existing = {\n  name: 'v'\n}", "1: error: 'Microsoft.Compute/virtualMachines' is not among the bundled resource types: add it to WANTED"),
    "undefined name": ("param location string\noutput x string = locaton", "2: error: undefined name 'locaton'; did you mean 'location'?"),
    "undefined in a string": ("output x string = 'a-${nope}-b'", "1: error: undefined name 'nope'"),
    "loop variable outside": ("var a = [for n in [1]: n]\noutput x array = a\noutput y int = n", "3: error: undefined name 'n'"),
    "unknown function": ("output x string = uniqeString('a')", "1: error: unknown function 'uniqeString'; did you mean 'uniqueString'?"),
    "declared twice": ("param a string\nvar a = 'x'\noutput o string = a", "2: error: 'a' is declared twice"),
    "no such property": (account("") + "output x string = st.properties.primaryEndpoint.blob", "error: st.properties has no 'primaryEndpoint'; did you mean 'primaryEndpoints'?"),
    "no such key": ("var roles = { reader: 'x' }\noutput x string = roles.raeder", "2: error: roles has no 'raeder'; did you mean 'reader'?"),
    "default of a wrong type": ("param n int = '1'\noutput x int = n", "1: error: expected int, got string: '1'"),
    "output of a wrong type": ("output x int = 'a'", "1: error: expected int, got string: 'a'"),
    "unused parameter": ("param a string", "1: warning: parameter 'a' is never used"),
    "unused variable": ("var a = 1", "1: warning: variable 'a' is never used"),
    "module file": ("module m 'modules/z.bicep' = {\n  name: 'm'\n}", "1: error: module file 'modules/z.bicep' does not exist"),
    "module parameter": (module("stage: 'dev'\nstge: 'x'"), "5: error: unknown parameter 'stge'; did you mean 'stage'?"),
    "module parameter missing": (module("count: 2"), "3: error: missing required parameter 'stage'"),
    "module without params": ("module m 'modules/y.bicep' = {\n  name: 'm'\n}", "1: error: missing required property 'params'"),
    "module parameter type": (module("stage: 'dev'\ncount: '2'"), "5: error: expected int, got string: '2'"),
    "module parameter value": (module("stage: 'test'"), "4: error: 'test' is not one of dev, prod"),
    "module parameter object": (module("stage: 'dev'\nmodel: { nam: 'x' }"), "5: error: missing required property 'name'"),
    "module output": (module("stage: 'dev'", "output x string = m.outputs.ids"), "7: error: m.outputs has no 'ids'; did you mean 'id'?"),
    "module loop output": ("module m 'modules/y.bicep' = [for s in ['dev']: {\n  name: s\n  params: { stage: s }\n}]\noutput x string = m[0].outputs.ids", "5: error: m[0].outputs has no 'ids'"),
}  # fmt: skip

GOOD = {
    "account": account("allowSharedKeyAccess: false\n minimumTlsVersion: 'TLS1_2'\n networkAcls: { defaultAction: 'Deny' }"),
    "what cannot be told": account("...extra\n networkAcls: union({ defaultAction: 'Deny' }, extra)\n '${k}': 1\n allowSharedKeyAccess: extra.a", "param extra object\nparam k string"),
    "conditions and nulls": account("networkAcls: p ? { defaultAction: 'Deny' } : null\n allowBlobPublicAccess: p ?? false", "param p bool"),
    "module": module("stage: 'dev'\ncount: length('x')\ntags: { a: 'b' }", "output x string = m.outputs.id"),
    "module with if and for": "param on bool\nmodule m 'modules/y.bicep' = [for (s, i) in ['dev']: if (on) {\n  name: 'm-${i}'\n  params: { stage: s }\n}]\noutput x string = m[0].outputs.id\noutput y string? = m[0].?outputs.?nope",
    "registry module": "module m 'br/public:avm/res/web/site:0.21.0' = {\n  name: 'm'\n  params: { anything: 1 }\n}\noutput x string = m.outputs.whatever",
    "names": "import { f, t as u } from 'lib.bicep'\nextension graph\nparam p u\nparam q string?\nvar long = '''\nno ${name} here\n'''\nvar multi = $'''\n${q}\n'''\noutput a string = f(p, long, multi)",
    "lambdas": "param xs array\noutput a array = map(filter(xs, x => x.a == 'b' || x.b != x.c), (x, i) => { i: i, x: x! })\noutput b object = reduce(xs, {}, (cur, x) => x.key == 'a' ? cur : union(cur, { '${x.key}': [...xs, x] }))",
    "functions and types": "type color = 'red' | 'blue'?\ntype thing = {\n  name: string?\n  color: color\n  *: int\n}\nfunc name(x string, y int) string => '${x}-${y}-${toLower('A')}'\n@minLength(1)\nparam things thing[] = [{ name: 'a', color: 'red', other: 3 }]\nparam c color = 'blue'\noutput o string = az.resourceGroup().id\noutput n string = name(c ?? things[0].color ?? 'x', 1)",
    "nested and existing": f"resource st '{STORAGE}' existing = {{\n  name: 'stexample'\n  scope: resourceGroup('x')\n  resource blob 'blobServices' existing = {{\n    name: 'default'\n    resource c 'containers' = {{\n      name: 'abc'\n    }}\n  }}\n}}\noutput x string = st::blob::c.id\noutput k string = st.listKeys().keys[0].value",
    "calls in arrays": "param a string\noutput x array = [\n  subscription().id\n  cidrSubnet(a, 24, 0)\n  'b'\n]",
    "appsettings": "param n string\nresource c 'Microsoft.Web/sites/config@2024-11-01' = {\n  name: '${n}/appsettings'\n  properties: { ANY_NAME: 'x' }\n}",
    "diagnostics": account("") + "resource d 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {\n  name: 'd'\n  scope: st\n  properties: { workspaceId: 'x', metrics: [{ category: 'AllMetrics', enabled: true }] }\n}",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_rule_fires(name: str, tmp_path: Path) -> None:
    """A bad template gets the expected finding."""
    source, expected = BAD[name]
    findings = check(tmp_path, source)
    assert any(expected in finding for finding in findings), findings


@pytest.mark.parametrize("name", GOOD)
def test_good_template_passes(name: str, tmp_path: Path) -> None:
    """A good template gets no finding at all."""
    assert check(tmp_path, GOOD[name]) == []


def test_bundle_is_whole() -> None:
    """Every bundled definition has a body, and each is in the list of types."""
    for file in sorted(TYPES.glob("microsoft.*.json")):
        for (name, version), definition in ARM.provider(file.stem).items():
            assert KINDS[definition["body"]["$type"]] == "object"
            assert version in ARM.names[name][1]


def test_the_licence_of_the_types_is_kept() -> None:
    """The definitions are Microsoft's, under the MIT licence."""
    assert "MIT License" in (TYPES / "NOTICE").read_text(encoding="utf-8")


def test_module_of_the_tests_passes(tmp_path: Path) -> None:
    """The module that the other tests use gets no finding."""
    assert check(tmp_path, MODULE) == []
