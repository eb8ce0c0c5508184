"""check.py FOLDER: does the real worker take the app in this folder? Prints its reason if not."""

import asyncio
import os
import sys
from pathlib import Path

from tests.runtime.worker import RefusedError, Worker


async def check(folder: Path) -> str:
    worker = Worker(folder)
    try:
        await worker.start()
    except RefusedError as error:
        return f"refused: {error}"
    return f"taken: {', '.join(worker.functions)}"


if __name__ == "__main__":
    real, sys.stdout = sys.stdout, sys.stderr
    print(asyncio.run(check(Path(sys.argv[1]))), file=real, flush=True)
    os._exit(0)
