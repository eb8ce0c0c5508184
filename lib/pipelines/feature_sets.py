"""Feature sets: which recipes are in use, and which one answers."""

import contextlib
from dataclasses import asdict
from typing import Any

from lib.domain.features import FeatureSet, FeatureSetId, Recipe, State, feature_set_id
from lib.errors import BadInput, Conflict, NotFound
from lib.ports.registry import Item, Registry
from lib.ports.search_index import SearchIndex

_KIND = "feature_sets"
_LIVE_KIND, _LIVE_ID = "live", "feature_set"


def ensure_feature_set(recipe: Recipe, *, registry: Registry, index: SearchIndex) -> FeatureSet:
    """
    Make the feature set of a recipe unless it is there. The very first one is live at once; a later one is building.

    Safe to call from several processes at start.
    """
    wanted = feature_set_id(recipe)
    known = registry.get(_KIND, wanted)
    if known is None:
        _put_if_new(registry, _KIND, wanted, {"recipe": asdict(recipe), "state": "building"})
    elif known.value["state"] == "retired" and _live_id(registry) != wanted:
        with contextlib.suppress(Conflict):  # it missed changes: the sweep fills it again
            registry.put(_KIND, wanted, {**known.value, "state": "building"}, revision=known.revision)
    for found in in_use(registry):  # all of them: an index that was lost is made anew, and the sweep fills it
        index.ensure(found.index, dimensions=found.recipe.dimensions)
    if registry.get(_LIVE_KIND, _LIVE_ID) is None:
        _put_if_new(registry, _LIVE_KIND, _LIVE_ID, {"id": wanted, "history": [wanted]})
    return get(wanted, registry=registry)


def in_use(registry: Registry) -> list[FeatureSet]:
    """Feature sets that receive every change: building, live and standby."""
    return [found for found in list_all(registry) if found.state != "retired"]


def list_all(registry: Registry) -> list[FeatureSet]:
    """All feature sets, retired ones too."""
    answering = _live_id(registry)
    return [_feature_set(item, answering) for item in registry.list(_KIND)]


def get(feature_set: str, *, registry: Registry) -> FeatureSet:
    """One feature set. Raises: NotFound."""
    item = registry.get(_KIND, feature_set)
    if item is None:
        raise NotFound(f"there is no feature set {feature_set!r}: list them with GET /api/admin/feature-sets")
    return _feature_set(item, _live_id(registry))


def live(registry: Registry) -> FeatureSet:
    """The feature set that answers. Raises: NotFound before the first one is made."""
    return get(_live_id(registry) or "", registry=registry)


def promote(feature_set: str, *, registry: Registry, behind: int) -> FeatureSet:
    """
    Let another feature set answer; the one before stays on standby and keeps receiving changes.

    `behind`: documents whose version in the set is not the current one, as counted by the sweep.
    Raises: BadInput if it is behind or retired, NotFound, Conflict if somebody else promoted at the same time.
    """
    chosen = get(feature_set, registry=registry)
    if chosen.state == "retired":
        raise BadInput(f"feature set {feature_set!r} is retired: it misses changes")
    if behind:
        raise BadInput(f"feature set {feature_set!r} misses {behind} documents: wait for the sweep to fill it")
    item = registry.get(_LIVE_KIND, _LIVE_ID)
    if item is None:
        raise NotFound("no feature set is live yet")
    if item.value["id"] != feature_set:
        for other in registry.list(_KIND):
            if other.id == item.value["id"]:
                registry.put(_KIND, other.id, {**other.value, "state": "standby"}, revision=other.revision)
            elif other.id != feature_set and other.value["state"] == "standby":
                # One set is kept to go back to. Each more would be embedded, and paid for, with every change.
                registry.put(_KIND, other.id, {**other.value, "state": "retired"}, revision=other.revision)
        history = [feature_set, *item.value["history"]][:20]
        registry.put(_LIVE_KIND, _LIVE_ID, {"id": feature_set, "history": history}, revision=item.revision)
    return get(feature_set, registry=registry)


def _live_id(registry: Registry) -> str | None:
    item = registry.get(_LIVE_KIND, _LIVE_ID)
    return str(item.value["id"]) if item else None


def _feature_set(item: Item, answering: str | None) -> FeatureSet:
    state: State = "live" if item.id == answering else item.value["state"]
    return FeatureSet(id=FeatureSetId(item.id), recipe=Recipe(**item.value["recipe"]), state=state)


def _put_if_new(registry: Registry, kind: str, name: str, value: dict[str, Any]) -> None:
    with contextlib.suppress(Conflict):  # another process made it first, with the same content
        registry.put(kind, name, value, revision=0)
