"""`azure init`: the search index of the wanted feature set and the alias `chunks`, made by an operator."""

import argparse
import os
import sys
import time
from collections.abc import Callable

from lib import composition
from lib.adapters.azure.build import build_index
from lib.adapters.azure.identity import credential_for, token_provider
from lib.adapters.azure.search_setup import make_alias
from lib.adapters.local.embedders import Embedders
from lib.domain.features import FeatureSet, Recipe, feature_set_id
from lib.errors import Permanent
from lib.ports.search_index import SearchIndex
from local.azure_cli import azd_values
from local.process import load_settings

ALIAS = "chunks"
ROLE_PAUSE_S = 15.0
"""Between looks at whether a new role works; Azure says that it takes up to ten minutes."""


def run(options: argparse.Namespace) -> int:
    """Make both unless they are there; prints what they are called. Needs the role Search Service Contributor."""
    for name, value in azd_values().items():
        os.environ.setdefault(name, value)
    os.environ["BACKEND"] = "azure"
    settings = load_settings(options)
    credential = credential_for(settings)
    clients, index = build_index(settings, credential)
    embedders = Embedders(settings, token=token_provider(credential, scope=settings.model_token_scope))
    try:
        recipe = composition.recipe_of(embedders.wanted())
        made = patiently(lambda: make_index(recipe, index=index), wait_s=options.wait)
        named = patiently(
            lambda: make_alias(clients.indexes, ALIAS, made, move=options.move_alias), wait_s=options.wait
        )
    finally:
        index.close()
        clients.close()
        credential.close()
    print(f"index {made}")
    print(f"alias {ALIAS} -> {named}")
    return 0


def make_index(recipe: Recipe, *, index: SearchIndex) -> str:
    """Make the index of a recipe's feature set unless it is there; returns its name."""
    name = FeatureSet(id=feature_set_id(recipe), recipe=recipe, state="building").index
    index.ensure(name, dimensions=recipe.dimensions)
    return name


def patiently(
    act: Callable[[], str],
    *,
    wait_s: float,
    pause: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> str:
    """Do it again while the service refuses us: a role that was given a moment ago works minutes later."""
    deadline = now() + wait_s
    while True:
        try:
            return act()
        except Permanent as error:
            # What refuses us is Permanent itself; its subclasses say that waiting cannot help.
            if type(error) is not Permanent or now() + ROLE_PAUSE_S > deadline:
                raise
            print(f"waiting: {error}", file=sys.stderr)
            pause(ROLE_PAUSE_S)
