"""Loading a Functions app through azure-functions' public API, as strictly as the real worker and host do."""

import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azure.functions.decorators.function_app import Function as AppFunction
from azure.functions.decorators.function_app import FunctionRegister

from lib.domain.schedules import next_after
from lib.errors import BadInput
from local.host.functions import (
    FeedTrigger,
    Function,
    HttpTrigger,
    QueueOutput,
    QueueTrigger,
    RetryPolicy,
    TimerTrigger,
    Trigger,
)
from local.host.settings_resolution import resolve, seconds
from local.host.signatures import check_signature

SCRIPT = "function_app.py"
_NOT_RESOLVED = {"name", "type", "direction", "connection", "leaseConnection", "route"}
_QUEUE_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,62}")
_LONGEST_DELAY_S = 2_147_483_647.0

Binding = Mapping[str, Any]


def load(app_dir: Path, settings: Mapping[str, str]) -> list[Function]:
    """
    Import function_app.py and read its functions.

    Raises: BadInput naming the function, what is wrong with it and the fix.
    """
    module = _import(app_dir)
    apps = [name for name in dir(module) if isinstance(getattr(module, name, None), FunctionRegister)]
    if len(apps) != 1:
        found = ", ".join(apps) or "none"
        raise BadInput(f"{SCRIPT}: expected exactly one FunctionApp at the top level, found {found}")
    try:
        found_functions = getattr(module, apps[0]).get_functions()
    except ValueError as error:  # no trigger, a name used twice
        raise BadInput(f"{SCRIPT}: {error}") from error
    if not found_functions:
        raise BadInput(f"{SCRIPT}: the FunctionApp has no functions: register the blueprints with register_functions")
    return [_read(function, settings) for function in found_functions]


def _import(app_dir: Path) -> Any:
    path = app_dir / SCRIPT
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise BadInput(f"no {SCRIPT} in {str(app_dir)!r}: that is not a Functions app of the Python v2 model")
    if str(app_dir) not in sys.path:
        sys.path.insert(0, str(app_dir))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[path.stem]
        raise BadInput(f"{SCRIPT} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _read(function: AppFunction, settings: Mapping[str, str]) -> Function:
    name = str(function.get_function_name())
    where = f"function {name!r}"
    bindings = [_resolved(json.loads(raw), settings, where=where) for raw in function.get_raw_bindings()]
    (trigger,) = [binding for binding in bindings if binding["type"].lower().endswith("trigger")]
    others = [binding for binding in bindings if binding is not trigger]
    read_trigger = _trigger(trigger, where=where)
    retry = _retry(function.get_settings_dict("retry_policy"), where=where)
    if retry and not isinstance(read_trigger, TimerTrigger | FeedTrigger):
        raise BadInput(
            f"{where}: @retry has no effect in Azure on a {trigger['type']}: remove it"
            + (" and set visibilityTimeout and maxDequeueCount in host.json" if "queue" in trigger["type"] else "")
        )
    signature = check_signature(function.get_user_function(), trigger=trigger, others=others, where=where)
    disabled = {f"azurewebjobs.{name}.disabled".lower(), f"azurewebjobs__{name}__disabled".lower()}
    return Function(
        name=name,
        call=function.get_user_function(),
        is_async=inspect.iscoroutinefunction(function.get_user_function()),
        wants_context=signature.wants_context,
        directory=str(Path(inspect.getfile(function.get_user_function())).parent),
        trigger=read_trigger,
        trigger_parameter=trigger["name"],
        converter=signature.converters[trigger["name"]],
        outputs=tuple(
            QueueOutput(name=b["name"], queue=_queue_name(b, where=where), converter=signature.converters[b["name"]])
            for b in others
            if b["type"] == "queue"
        ),
        retry=retry,
        disabled=any(key.lower() in disabled and value.lower() in {"true", "1"} for key, value in settings.items()),
    )


def _resolved(binding: dict[str, Any], settings: Mapping[str, str], *, where: str) -> Binding:
    return {
        key: resolve(value, settings, where=f"{where}, {key}")
        if isinstance(value, str) and key not in _NOT_RESOLVED
        else value
        for key, value in binding.items()
    }


def _trigger(binding: Binding, *, where: str) -> Trigger:
    match binding["type"]:
        case "timerTrigger":
            try:
                next_after(binding["schedule"], None)
            except ValueError as error:
                raise BadInput(f"{where}: {error}") from error
            return TimerTrigger(schedule=binding["schedule"], run_on_startup=bool(binding.get("runOnStartup")))
        case "queueTrigger":
            return QueueTrigger(queue=_queue_name(binding, where=where))
        case "cosmosDBTrigger":
            if binding.get("startFromTime"):
                raise BadInput(f"{where}: the local host cannot start a feed at a time: use start_from_beginning=True")
            return FeedTrigger(
                poll_s=float(binding.get("feedPollDelay") or 5_000) / 1_000,
                max_items=int(binding.get("maxItemsPerInvocation") or 100),
                from_beginning=bool(binding.get("startFromBeginning")),
            )
        case "httpTrigger":
            methods = frozenset(str(method).upper() for method in binding.get("methods") or ())
            return HttpTrigger(route=binding["route"], methods=methods)
    raise BadInput(
        f"{where}: the local host does not imitate {binding['type']!r}, only timerTrigger, queueTrigger, "
        f"cosmosDBTrigger and httpTrigger: run this function in Azure, or give it one of those triggers"
    )


def _queue_name(binding: Binding, *, where: str) -> str:
    name = str(binding["queueName"])
    if not _QUEUE_NAME.fullmatch(name):
        raise BadInput(f"{where}: {name!r} is no queue name: use 3 to 63 lower-case letters, digits and single hyphens")
    return name


def _retry(policy: Mapping[str, Any] | None, *, where: str) -> RetryPolicy | None:
    if policy is None:
        return None
    where, strategy, count = f"{where}, @retry", policy["strategy"], str(policy["max_retry_count"])
    if strategy not in {"fixed_delay", "exponential_backoff"}:
        raise BadInput(f"{where}: strategy {strategy!r} is neither 'fixed_delay' nor 'exponential_backoff'")
    if not re.fullmatch(r"-1|\d+", count):
        raise BadInput(f"{where}: max_retry_count {count!r} is no number; '-1' means for ever")
    if strategy == "fixed_delay":
        delay = seconds(policy.get("delay_interval") or "", where=f"{where}, delay_interval")
        return RetryPolicy(max_retries=int(count), first_delay_s=delay, longest_delay_s=delay)
    shortest, longest = policy.get("minimum_interval"), policy.get("maximum_interval")
    return RetryPolicy(
        max_retries=int(count),
        first_delay_s=seconds(shortest, where=f"{where}, minimum_interval") if shortest else 0.0,
        longest_delay_s=seconds(longest, where=f"{where}, maximum_interval") if longest else _LONGEST_DELAY_S,
    )
