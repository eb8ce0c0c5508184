"""A function's parameters against its bindings, by the rules of azure-functions-runtime 1.3."""

import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from lib.errors import BadInput

Binding = Mapping[str, Any]

_FIXES = {
    "httpTrigger": ": use Request of azurefunctions.extensions.http.fastapi",
    "queue": ": use func.Out[str], or func.Out[typing.List[str]] for several messages (list[str] is refused)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    wants_context: bool
    converters: dict[str, Any]
    """By binding name; None hands text over as it is."""


def converter_of(binding_type: str) -> Any:
    """The converter that azure-functions registered for a kind of binding, or None."""
    library: Any = func  # this part of it has no annotations
    return library.get_binding_registry().get(binding_type)


def check_signature(call: Callable[..., Any], *, trigger: Binding, others: Sequence[Binding], where: str) -> Signature:
    """
    Compare parameters and annotations with the bindings.

    Raises: BadInput as the worker would refuse the app, or because the local host does not imitate a binding.
    """
    try:
        parameters, hints = dict(inspect.signature(call).parameters), typing.get_type_hints(call)
    except (NameError, TypeError) as error:
        raise BadInput(f"{where}: its annotations cannot be read: {error}") from error
    is_http = trigger["type"] == "httpTrigger"
    for binding in others:
        if binding["type"] != "queue" and not (is_http and binding["type"] == "http"):
            raise BadInput(
                f"{where}: the local host does not imitate the {_direction(binding)}put binding {binding['type']!r} "
                f"({binding['name']!r}), only queue outputs: write through a port instead"
            )
    bound = {binding["name"]: binding for binding in (trigger, *others)}
    wants_context = _wants_context(parameters, bound, hints, where=where)
    expected = set(bound) - {"$return"}
    declared = set(parameters) - ({"context"} if wants_context else set())
    if extra := declared - expected:
        raise BadInput(f"{where}: no binding for the parameters {sorted(extra)}: add a decorator, or remove them")
    if missing := expected - declared:
        raise BadInput(f"{where}: the bindings {sorted(missing)} have no parameter of that name: rename or add it")
    _check_return(hints, bound.get("$return"), is_http=is_http, where=where)
    converters = {name: _converter(bound[name], name, hints, where=where) for name in expected}
    if "$return" in bound and not is_http:
        converters["$return"] = converter_of(bound["$return"]["type"])
    return Signature(wants_context=wants_context, converters=converters)


def _direction(binding: Binding) -> str:
    return str(binding.get("direction", "in")).lower()


def _wants_context(
    parameters: Mapping[str, Any], bound: Mapping[str, Any], hints: dict[str, Any], *, where: str
) -> bool:
    if "context" not in parameters or "context" in bound:
        return False
    hint = hints.get("context", func.Context)
    if getattr(hint, "__name__", "") != "Context":
        raise BadInput(f"{where}: annotate the parameter 'context' with azure.functions.Context, not {hint!r}")
    return True


def _converter(binding: Binding, name: str, hints: dict[str, Any], *, where: str) -> Any:
    """The converter for a parameter: an annotation of str or bytes (or Out of them) asks for the bare text."""
    hint, is_output = hints.get(name), _direction(binding) == "out"
    if hint is None:
        if binding["type"] == "httpTrigger":
            raise BadInput(f"{where}: annotate {name!r} with the Request of azurefunctions.extensions.http.fastapi")
        return converter_of(binding["type"])
    is_out = getattr(typing.get_origin(hint) or hint, "__name__", "") == "Out"
    if is_out != is_output:
        raise BadInput(
            f"{where}: annotate {name!r} with func.Out[...]: it is an output"
            if is_output
            else f"{where}: {name!r} is an input, so its annotation cannot be func.Out"
        )
    inner = next(iter(typing.get_args(hint)), None) if is_out else hint
    if inner in (str, bytes):
        return None
    converter = converter_of(binding["type"])
    if is_output:
        accepted = inner is not None and _accepts(converter.check_output_type_annotation, inner)
    elif binding["type"] == "httpTrigger":
        accepted = _tracker("RequestTrackerMeta", inner)
    else:
        accepted = _accepts(converter.check_input_type_annotation, inner)
    if not accepted:
        verb = "take" if is_output else "deliver"
        fix = _FIXES.get(binding["type"], "")
        raise BadInput(f"{where}: {name!r} is annotated {hint!r}, which a {binding['type']} does not {verb}{fix}")
    return converter


def _check_return(hints: dict[str, Any], binding: Binding | None, *, is_http: bool, where: str) -> None:
    hint = hints.get("return", inspect.Signature.empty)
    if binding is None:
        if hint not in (inspect.Signature.empty, type(None)):
            raise BadInput(
                f"{where}: it returns {hint!r} without a $return binding: annotate it -> None, return nothing"
            )
    elif is_http:
        if not _tracker("ResponseTrackerMeta", hint):
            raise BadInput(
                f"{where}: its return annotation must be a response of azurefunctions.extensions.http.fastapi, "
                f"such as StreamingResponse"
            )
    elif hint is not inspect.Signature.empty and not (
        isinstance(hint, type) and _accepts(converter_of(binding["type"]).check_output_type_annotation, hint)
    ):
        raise BadInput(f"{where}: its return annotation {hint!r} does not fit the {binding['type']} binding '$return'")


def _accepts(check: Callable[[Any], bool], hint: Any) -> bool:
    try:
        return check(hint)
    except TypeError:  # issubclass() of something that is no class
        return False


def _tracker(name: str, hint: Any) -> bool:
    """Whether the HTTP extension that the app imported knows this type: the worker asks the same class."""
    base = sys.modules.get("azurefunctions.extensions.base")
    return bool(base and getattr(base, name).check_type(hint))
