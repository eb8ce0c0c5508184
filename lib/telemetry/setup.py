"""
Where traces, metrics and logs of this process go.

It is said once, at the first invocation. Until then, and where nothing is exported, the interfaces of OpenTelemetry
that are used here and in lib/adapters/observed do nothing.
"""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry import _logs, metrics, trace

from lib.telemetry.invocations import NAME
from lib.telemetry.logs import export_logs

if TYPE_CHECKING:  # the SDK loads only where something is exported
    from opentelemetry.sdk._logs import LogRecordProcessor
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import SpanProcessor

SERVICE = "plumbline"
_TALKATIVE = {"fastapi"}
"""Libraries that write records to OpenTelemetry past Python's logging."""
_INSTRUMENTED = "azure_sdk django fastapi flask httpx httpx2 psycopg2 requests urllib urllib3".split()
"""Libraries that Azure Monitor's distribution would trace on its own, beside our spans around the ports."""


@dataclass
class _State:
    """What this process has configured."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_exported: bool | None = None


_state = _State()


def configure(*, connection_string: str = "", credential: object = None, otlp: bool = False) -> bool:
    """
    Say where telemetry goes; returns whether it goes anywhere. Only the first call counts.

    connection_string: of Application Insights, with the credential that it takes. otlp: to where the standard
    variables say (OTEL_EXPORTER_OTLP_ENDPOINT and its kin), over HTTP. Both may be given. All traces are kept unless
    OTEL_TRACES_SAMPLER says otherwise. A process that has telemetry already keeps it, and nothing is added.
    """
    with _state.lock:
        if _state.is_exported is None:
            _state.is_exported = _configure(connection_string, credential, otlp=otlp)
        return _state.is_exported


def finish() -> None:
    """Send what waits to be sent, the last readings too, and tell no more: before the adapters are closed."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
        if shutdown := getattr(provider, "shutdown", None):
            shutdown()


def _configure(connection_string: str, credential: object, *, otlp: bool) -> bool:
    if type(trace.get_tracer_provider()).__module__.startswith("opentelemetry.sdk"):
        return True
    if not (connection_string or otlp):
        return False
    processors, readers, log_processors = _otlp() if otlp else ([], [], [])
    if connection_string:
        _to_azure_monitor(connection_string, credential, processors, readers, log_processors)
    else:
        _to_providers(processors, readers, log_processors)
    _silence_others()
    export_logs()
    return True


def _silence_others() -> None:
    """
    Leave out what libraries tell on their own where they find a provider.

    FastAPI, ours and the one inside the Functions worker, would tell each request again, with its query and what its
    errors say. The SDK has this switch, but not yet under a public name: tests/telemetry/ watches it.
    """
    from opentelemetry.sdk._logs._internal import _LoggerConfig
    from opentelemetry.sdk.metrics._internal import _MeterConfig
    from opentelemetry.sdk.trace import _TracerConfig

    tracers: Any = trace.get_tracer_provider()
    meters: Any = metrics.get_meter_provider()
    loggers: Any = _logs.get_logger_provider()
    tracers._set_tracer_configurator(tracer_configurator=lambda scope: _TracerConfig(is_enabled=scope.name == NAME))  # noqa: SLF001
    meters._set_meter_configurator(meter_configurator=lambda scope: _MeterConfig(is_enabled=scope.name == NAME))  # noqa: SLF001
    loggers._set_logger_configurator(  # noqa: SLF001
        logger_configurator=lambda scope: _LoggerConfig(is_enabled=scope.name not in _TALKATIVE)
    )


def _otlp() -> tuple[list["SpanProcessor"], list["MetricReader"], list["LogRecordProcessor"]]:
    """Exporters that read the standard variables themselves."""
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return (
        [BatchSpanProcessor(OTLPSpanExporter())],
        [PeriodicExportingMetricReader(OTLPMetricExporter())],
        [BatchLogRecordProcessor(OTLPLogExporter())],
    )


def _to_providers(
    processors: list["SpanProcessor"], readers: list["MetricReader"], log_processors: list["LogRecordProcessor"]
) -> None:
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource({"service.name": SERVICE}).merge(Resource.create())
    tracers, loggers = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    for processor in processors:
        tracers.add_span_processor(processor)
    for log_processor in log_processors:
        loggers.add_log_record_processor(log_processor)
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider(metric_readers=readers, resource=resource))
    _logs.set_logger_provider(loggers)


def _to_azure_monitor(
    connection_string: str,
    credential: object,
    processors: list["SpanProcessor"],
    readers: list["MetricReader"],
    log_processors: list["LogRecordProcessor"],
) -> None:
    from azure.monitor.opentelemetry import configure_azure_monitor

    configure_azure_monitor(
        connection_string=connection_string,
        credential=credential,
        span_processors=processors,
        metric_readers=readers,
        log_record_processors=log_processors,
        sampling_ratio=1.0,  # its default is five traces a second
        instrumentation_options={name: {"enabled": False} for name in _INSTRUMENTED},
        enable_live_metrics=False,
        enable_performance_counters=False,  # the platform measures them
        logger_name=f"{__name__}.nobody",  # its own handler would export the messages of foreign errors: see logs.py
    )
