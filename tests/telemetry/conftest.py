"""Telemetry that stays in memory: OpenTelemetry's providers are set once in a process, for all tests here."""

from dataclasses import dataclass, field

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@dataclass
class Telemetry:
    """What was told since the test began (spans) or the process did (metrics)."""

    spans_kept: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)

    def spans(self, name=""):
        return [span for span in self.spans_kept.get_finished_spans() if span.name.startswith(name)]

    def span(self, name):
        [found] = self.spans(name)
        return found

    def points(self, name):
        """Points of a metric, each with its attributes."""
        data = self.reader.get_metrics_data()
        found = [
            metric.data.data_points
            for resource in (data.resource_metrics if data else [])
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
        ]
        return [point for points in found for point in points]

    def total(self, name, **attributes):
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        points = [p for p in self.points(name) if wanted.items() <= dict(p.attributes).items()]
        return sum(getattr(p, "sum", None) or getattr(p, "value", 0) for p in points)

    def everything(self):
        """All spans and metrics as text."""
        data = self.reader.get_metrics_data()
        return "\n".join([*(span.to_json() for span in self.spans()), data.to_json() if data else ""])


@pytest.fixture(scope="session")
def _providers():
    telemetry = Telemetry()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(telemetry.spans_kept))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider(metric_readers=[telemetry.reader]))
    return telemetry


@pytest.fixture
def telemetry(_providers):
    _providers.spans_kept.clear()
    return _providers
