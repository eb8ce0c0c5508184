"""
The messages that azure-functions-runtime reads and writes, as real protobuf classes made from a table.

Only names and kinds matter, since nothing goes over a wire here; so there are no official field numbers and no protoc.
"""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory, timestamp_pb2

PACKAGE = "plumbline_runtime_test"
STATUS, DIRECTION = "enum(Failure Success Cancelled)", "enum(in out inout)"
DATA_TYPE, STRATEGY = "enum(undefined string binary stream)", "enum(exponential_backoff fixed_delay)"
SAME_SITE = "enum(None Lax Strict ExplicitNone)"

MESSAGES: dict[str, dict[str, str]] = {
    "RpcException": {"source": "string", "message": "string", "stack_trace": "string"},
    "StatusResult": {"status": STATUS, "result": "string", "exception": "RpcException"},
    "WorkerMetadata": {
        **dict.fromkeys(("runtime_name", "runtime_version", "worker_version", "worker_bitness"), "string"),
        "custom_properties": "map string",
    },
    "WorkerInitRequest": {"host_version": "string", "capabilities": "map string", "function_app_directory": "string"},
    "WorkerInitResponse": {
        "capabilities": "map string",
        "worker_metadata": "WorkerMetadata",
        "result": "StatusResult",
    },
    "FunctionsMetadataRequest": {"function_app_directory": "string"},
    "BindingInfo": {"type": "string", "direction": DIRECTION, "data_type": DATA_TYPE},
    "RpcRetryOptions": {
        "max_retry_count": "int32",
        "retry_strategy": STRATEGY,
        **dict.fromkeys(("delay_interval", "minimum_interval", "maximum_interval"), "google.Duration"),
    },
    "RpcFunctionMetadata": {
        **dict.fromkeys(("name", "directory", "script_file", "entry_point", "language", "function_id"), "string"),
        **dict.fromkeys(("is_proxy", "managed_dependency_enabled"), "bool"),
        "bindings": "map BindingInfo",
        "raw_bindings": "list string",
        "retry_options": "RpcRetryOptions",
        "properties": "map string",
    },
    "FunctionMetadataResponse": {
        "function_metadata_results": "list RpcFunctionMetadata",
        "result": "StatusResult",
        "use_default_metadata_indexing": "bool",
    },
    "NullableString": {"value": "string"},
    "NullableBool": {"value": "bool"},
    "NullableDouble": {"value": "double"},
    "NullableTimestamp": {"value": "google.Timestamp"},
    "RpcHttpCookie": {
        "name": "string",
        "value": "string",
        **dict.fromkeys(("domain", "path"), "NullableString"),
        **dict.fromkeys(("secure", "http_only"), "NullableBool"),
        "expires": "NullableTimestamp",
        "same_site": SAME_SITE,
        "max_age": "NullableDouble",
    },
    "RpcHttp": {
        **dict.fromkeys(("method", "url", "status_code"), "string"),
        **dict.fromkeys(("headers", "params", "query"), "map string"),
        "body": "TypedData",
        "enable_content_negotiation": "bool",
        "cookies": "list RpcHttpCookie",
    },
    "TypedData": {
        "string": "data: string",
        "json": "data: string",
        "bytes": "data: bytes",
        "http": "data: RpcHttp",
        "int": "data: sint64",
        "double": "data: double",
    },
    "ParameterBinding": {"name": "string", "data": "rpc_data: TypedData"},
    "RpcTraceContext": {"trace_parent": "string", "trace_state": "string", "attributes": "map string"},
    "RetryContext": {"retry_count": "int32", "max_retry_count": "int32", "exception": "RpcException"},
    "InvocationRequest": {
        "invocation_id": "string",
        "function_id": "string",
        "input_data": "list ParameterBinding",
        "trigger_metadata": "map TypedData",
        "trace_context": "RpcTraceContext",
        "retry_context": "RetryContext",
    },
    "InvocationResponse": {
        "invocation_id": "string",
        "output_data": "list ParameterBinding",
        "return_value": "TypedData",
        "result": "StatusResult",
    },
    "StreamingMessage": {
        "worker_init_request": "content: WorkerInitRequest",
        "functions_metadata_request": "content: FunctionsMetadataRequest",
        "invocation_request": "content: InvocationRequest",
    },
}
"""By message and field: a kind, `list` or `map` (with string keys) of a kind, or a `oneof: kind`."""


def build() -> Any:
    """A namespace of message classes: what the worker hands to the runtime as `protos`."""
    pool = descriptor_pool.DescriptorPool()
    for google in (duration_pb2, timestamp_pb2):
        pool.AddSerializedFile(google.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(name=f"{PACKAGE}.proto", package=PACKAGE, syntax="proto3")
    file.dependency.extend(google.DESCRIPTOR.name for google in (duration_pb2, timestamp_pb2))
    for name, fields in MESSAGES.items():
        _add_message(file.message_type.add(name=name), fields)
    pool.AddSerializedFile(file.SerializeToString())

    def made(name: str) -> Any:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))

    own = {name: made(f"{PACKAGE}.{name}") for name in MESSAGES}
    return SimpleNamespace(**own, Timestamp=made("google.protobuf.Timestamp"))


def _add_message(message: Any, fields: dict[str, str]) -> None:
    for number, (name, kind) in enumerate(fields.items(), start=1):
        oneof, _, rest = kind.rpartition(": ")
        shape, _, inner = rest.partition(" ") if rest.startswith(("list ", "map ")) else ("", "", rest)
        if shape == "map":
            entry = message.nested_type.add(name=re.sub("_", "", name.title()) + "Entry", options={"map_entry": True})
            _set_kind(message, entry.field.add(name="key", number=1, label=1), "string")
            _set_kind(message, entry.field.add(name="value", number=2, label=1), inner)
            inner = f"{message.name}.{entry.name}"
        field = message.field.add(name=name, number=number, label=3 if shape else 1)
        _set_kind(message, field, inner)
        if oneof:
            if not message.oneof_decl:
                message.oneof_decl.add(name=oneof)
            field.oneof_index = 0


def _set_kind(message: Any, field: Any, kind: str) -> None:
    scalar: Callable[[str], int] = descriptor_pb2.FieldDescriptorProto.Type.Value
    if kind.startswith("enum("):
        values = kind[5:-1].split()
        enum = message.enum_type.add(name=field.name.title().replace("_", ""))
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
        field.type, field.type_name = scalar("TYPE_ENUM"), f".{PACKAGE}.{message.name}.{enum.name}"
    elif kind.islower() and not kind.startswith("google."):
        field.type = scalar(f"TYPE_{kind.upper()}")
    else:
        package = "google.protobuf" if kind.startswith("google.") else PACKAGE
        field.type, field.type_name = scalar("TYPE_MESSAGE"), f".{package}.{kind.removeprefix('google.')}"
