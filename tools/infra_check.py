"""
Check infra/ offline: every property against the ARM types, then checkov's security rules.

Fails as well when it could not look: a file that checkov cannot parse, or an environment that cannot be made.
checkov has an environment of its own, because it pins packages that ours needs newer (requirements-checkov.in).
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tools.check_bicep.checker import check_files
from tools.check_bicep.model import Types
from tools.environment import prepare, running_python
from tools.failures import SetUpError

ROOT = Path(__file__).resolve().parent.parent
TYPES = Path(__file__).resolve().parent / "check_bicep" / "types"


class InfraFault(Exception):
    """Something is wrong in the templates, or they could not be looked at; the message is for people."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the Bicep templates offline.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "infra")
    parser.add_argument("--verbose", action="store_true", help="show the end of pip's output if it fails")
    options = parser.parse_args()
    try:
        print(check_types(options.folder))
        print(check_rules(options.folder, verbose=options.verbose))
    except (InfraFault, SetUpError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


def check_types(folder: Path) -> str:
    """Check every template against the bundled types; a summary. Raises: InfraFault, after printing each finding."""
    files = sorted(folder.rglob("*.bicep"))
    if not files:
        raise InfraFault(f"there are no .bicep files in {folder}")
    findings = check_files(files, Types(TYPES))
    for file, line, severity, message in findings:
        print(f"{file}:{line}: {severity}: {message}")
    if findings:
        raise InfraFault(f"{len(findings)} findings in the Bicep templates, named above")
    return f"types: {len(files)} templates, no findings"


def check_rules(folder: Path, *, verbose: bool = False) -> str:
    """Run checkov with .checkov.yaml; a summary. Raises: InfraFault, SetUpError."""
    python = prepare(ROOT / ".venv-checkov", [ROOT / "requirements-checkov.txt"], running_python(), verbose=verbose)
    command = [str(python), "-m", "checkov.main", "--config-file", str(ROOT / ".checkov.yaml"), "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    try:
        report = json.loads(done.stdout)
        summary, results = report["summary"], report["results"]
        failed, unread = results["failed_checks"], results["parsing_errors"]
    except (ValueError, KeyError, TypeError) as error:
        raise InfraFault(f"checkov gave no report (exit code {done.returncode}): {done.stderr[-2_000:]}") from error
    for check in failed:
        print(f"{check['file_path']}: {check['check_id']} {check['check_name']} ({check['resource']})")
    if unread:
        raise InfraFault(f"checkov cannot parse {', '.join(map(str, unread))}: write what it cannot read another way")
    if failed:
        raise InfraFault(f"{len(failed)} broken security rules: mend them, or skip them in .checkov.yaml with a reason")
    return f"checkov: {summary['passed']} rules passed, no rule broken"


if __name__ == "__main__":
    sys.exit(main())
