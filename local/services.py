"""What `up` starts beside the app when it is asked to: Azurite, and stand-ins of the other Azure services."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lib.errors import BadInput
from local.progress import Progress


@contextmanager
def services(options: argparse.Namespace, folder: Path, progress: Progress) -> Iterator[None]:
    """
    Start the services that the options name, put their addresses into the environment, and end them at the end.

    Their data live below *folder*. Raises: BadInput for options that do not go together, Permanent if one cannot start.
    """
    if options.stand_ins and not options.azure:
        raise BadInput("--stand-ins stands in for Azure: give --azure --stand-ins")
    with ExitStack() as stack:
        if options.azure:
            os.environ["BACKEND"] = "azure"
        if options.stand_ins:
            os.environ |= _stand_ins(stack, folder, progress)
        if options.azurite or options.stand_ins:
            os.environ |= _azurite(stack, folder, progress)
        yield


def _stand_ins(stack: ExitStack, folder: Path, progress: Progress) -> dict[str, str]:
    from lib.adapters.azure.cosmos_containers import CONTAINERS, DATABASE  # the SDKs load only where they are used
    from local.standins.stand_ins import StandIns

    progress.say("starting stand-ins of Cosmos DB, AI Search and Azure OpenAI")
    started = stack.enter_context(StandIns(folder / "stand-ins"))
    started.ensure_containers(DATABASE, CONTAINERS)
    return started.environment | {"COSMOS_DATABASE": DATABASE, "SEARCH_VISIBILITY_S": "0"}


def _azurite(stack: ExitStack, folder: Path, progress: Progress) -> dict[str, str]:
    from local.standins.azurite.azurite import Azurite

    progress.say("starting Azurite (the first time it is downloaded)")
    started = stack.enter_context(Azurite(folder / "azurite"))
    return {"QUEUE_BACKEND": "azure", "AzureWebJobsStorage": started.connection_string}
