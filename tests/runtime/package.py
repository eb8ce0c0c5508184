"""package.py FOLDER: does the real worker take the deployable package, with nothing installed but requirements.txt?"""

import asyncio
import importlib
import importlib.metadata
import os
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

LATER = ("lib.adapters.azure.build", "lib.adapters.observed.build", "lib.adapters.web.build", "lib.api.app")
"""What the app imports at its first invocation only."""
WORKER = {"azure-functions-runtime", "protobuf"}


class OnlyLocked(MetaPathFinder):
    """Refuses modules of distributions that requirements.txt does not hold."""

    def __init__(self, lock: Path) -> None:
        allowed = set(re.findall(r"^([a-z0-9-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)) | WORKER
        self.refused = {
            module
            for module, names in importlib.metadata.packages_distributions().items()
            if not {re.sub(r"[-_.]+", "-", name).lower() for name in names} & allowed
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self.refused:
            raise ModuleNotFoundError(f"{fullname} is not in requirements.txt", name=fullname)
        return None


def run(folder: Path) -> str:
    sys.meta_path.insert(0, OnlyLocked(folder / "requirements.txt"))
    from tests.runtime.check import check

    said = asyncio.run(check(folder))
    for name in LATER:
        importlib.import_module(name)
    homes = {str(Path(sys.modules[name].__file__ or "").parent).partition("/lib/")[0] for name in LATER}
    return f"{said}\nimported from {' '.join(sorted(homes))}"


if __name__ == "__main__":
    real, sys.stdout = sys.stdout, sys.stderr
    print(run(Path(sys.argv[1])), file=real, flush=True)
    os._exit(0)
