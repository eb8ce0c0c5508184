"""Make the bundle of type definitions in types/ from a checkout of Azure/bicep-types-az.

    python3 -m tools.check_bicep.trim_types CHECKOUT

Keeps, for every type in WANTED, its newest --ga GA api-versions (the newest previews where no GA exists) plus EXTRA,
and only the definitions reachable from them, without descriptions; equal definitions of different api-versions are
stored once. Writes one file for each provider, and versions.json: each type with all its api-versions.
"""

import argparse
import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WANTED = """
Microsoft.App/containerApps managedEnvironments
Microsoft.Authorization/roleAssignments
Microsoft.CognitiveServices/accounts accounts/deployments
Microsoft.Consumption/budgets
Microsoft.DocumentDB/databaseAccounts databaseAccounts/sqlDatabases databaseAccounts/sqlDatabases/containers
  databaseAccounts/sqlRoleAssignments
Microsoft.Insights/actionGroups components diagnosticSettings scheduledQueryRules workbooks
Microsoft.ManagedIdentity/userAssignedIdentities
Microsoft.Network/networkSecurityGroups privateDnsZones privateDnsZones/A privateDnsZones/virtualNetworkLinks
  privateEndpoints privateEndpoints/privateDnsZoneGroups virtualNetworks
Microsoft.OperationalInsights/workspaces
Microsoft.Search/searchServices
Microsoft.Storage/storageAccounts storageAccounts/blobServices storageAccounts/blobServices/containers
  storageAccounts/managementPolicies storageAccounts/queueServices storageAccounts/queueServices/queues
Microsoft.Web/serverfarms sites sites/basicPublishingCredentialsPolicies sites/config
"""
EXTRA = "Microsoft.Insights/diagnosticSettings@2021-05-01-preview"
Definition = dict[str, Any]
"""One entry of a types.json."""
DROPPED = {"description", "pattern", "sensitive", "readableScopes"}


def wanted() -> set[str]:
    """The names in WANTED, in full and in lower case."""
    names, provider = set(), ""
    for word in WANTED.split():
        if word.startswith("Microsoft."):
            provider, _, kind = word.partition("/")
        else:
            kind = word
        names.add(f"{provider}/{kind}".lower())
    return names


def references(value: Any) -> Iterator[int]:
    """Yield the numbers of the definitions that a definition refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if set(value) == {"$ref"} and isinstance(value["$ref"], str):
            yield int(value["$ref"][2:])
        else:
            yield from references(list(value.values()))


def mapped(definition: Definition, number: Callable[[int], int]) -> Definition:
    """The definition without what we drop and with every reference n replaced by number(n)."""

    def renumber(value: Any) -> Any:
        if isinstance(value, list):
            return [renumber(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"$ref"} and isinstance(value["$ref"], str):
            return {"$ref": f"#/{number(int(value['$ref'][2:]))}"}
        return {key: renumber(item) for key, item in value.items()}

    kept = {key: value for key, value in definition.items() if key not in DROPPED}
    for table in {"properties", "baseProperties"} & set(kept):
        kept[table] = {
            name: {key: value for key, value in entry.items() if key not in DROPPED}
            for name, entry in kept[table].items()
        }
    return dict(renumber(kept))


def merge(types: list[Definition]) -> tuple[list[Definition], list[int]]:
    """Store equal definitions once (partition refinement, so that cycles do no harm)."""
    groups = [0] * len(types)
    count = 0
    while True:
        table: dict[tuple[int, str], int] = {}
        groups = [
            table.setdefault((groups[i], json.dumps(mapped(t, groups.__getitem__))), len(table))
            for i, t in enumerate(types)
        ]
        if len(table) == count:
            break
        count = len(table)
    first = {group: types[i] for i, group in reversed(list(enumerate(groups)))}
    return [mapped(first[g], groups.__getitem__) for g in range(count)], groups


def main() -> None:
    """Read every types.json of the checkout and write the bundle."""
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("checkout", type=Path)
    args.add_argument("--commit", help="commit of the checkout (default: ask git)")
    args.add_argument("--out", type=Path, default=Path(__file__).parent / "types")
    args.add_argument("--ga", type=int, default=2)
    options = args.parse_args()
    commit = (
        options.commit
        or subprocess.run(
            ["git", "-C", options.checkout, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    found: dict[str, dict[str, tuple[str, Path]]] = defaultdict(
        dict
    )  # lower-case type -> api-version -> (proper name, file)
    for file in sorted((options.checkout / "generated").rglob("types.json")):
        for entry in json.loads(file.read_text("utf-8")):
            if entry["$type"] == "ResourceType":
                name, version = entry["name"].split("@")
                found[name.lower()][version] = (name, file)
    extra = [word.lower().split("@") for word in EXTRA.split()]
    chosen: dict[str, dict[Path, set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )  # provider -> file -> lower-case type@version
    for name in sorted(wanted()):
        versions = sorted(found[name], key=lambda v: ("preview" not in v, v))
        keep = versions[-options.ga :] + [
            v for t, v in extra if (name == t or name.startswith(t + "/")) and v in found[name]
        ]
        if not keep:
            raise SystemExit(f"{name}: not in the checkout")
        for version in keep:
            chosen[name.split("/")[0]][found[name][version][1]].add(f"{name}@{version}")
    options.out.mkdir(exist_ok=True)
    for provider, files in chosen.items():
        types: list[Definition] = []
        for file, names in files.items():
            source = json.loads(file.read_text("utf-8"))
            todo = [i for i, t in enumerate(source) if t["$type"] == "ResourceType" and t["name"].lower() in names]
            seen = set(todo)
            while todo:
                todo += (new := set(references(source[todo.pop()])) - seen)
                seen |= new
            number = {old: len(types) + i for i, old in enumerate(sorted(seen))}
            types += [mapped(source[old], number.__getitem__) for old in sorted(seen)]
        types, _ = merge(types)
        text = "[\n" + ",\n".join(json.dumps(t, separators=(",", ":")) for t in types) + "\n]\n"
        (options.out / f"{provider}.json").write_text(text, "utf-8")
        print(f"{provider}: {len(types)} definitions, {len(text) // 1024} KB")
    kept = [versions for name, versions in sorted(found.items()) if name in wanted()]
    index = {versions[max(versions)][0]: sorted(versions) for versions in kept}
    lines = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in index.items())
    (options.out / "versions.json").write_text("{\n" + lines + "\n}\n", "utf-8")
    notice = f"The files in this folder are from Azure/bicep-types-az at commit {commit}, trimmed by trim_types.py.\n"
    (options.out / "NOTICE").write_text(notice + "\n" + (options.checkout / "LICENSE").read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    main()
