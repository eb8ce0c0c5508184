"""What really leaves the process: to an OTLP receiver, to Application Insights' protocol, or nowhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.telemetry.program import REPORT, SECRET
from tests.telemetry.receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]
KEY = "0f4b8a52-2c55-4d0b-8a0e-6f0a3f1d9a77"
LINES = {*(f"worked number={n}" for n in range(50)), "failed strangely", "failed as foreseen"}
LINES |= {"a warning of somebody else"}


def _run(*command, **environment):
    given = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "APPLICATIONINSIGHTS"))}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**given, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def otlp():
    with Receiver() as receiver:
        said = _run(
            "-m", "tests.telemetry.program", "otlp", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, OTEL_SERVICE_NAME="mine"
        )
    assert said == "[True, True, True]"
    return receiver


@pytest.fixture(scope="module")
def insights(tmp_path_factory):
    with Receiver() as receiver:
        said = _run(
            "-m", "tests.telemetry.program", f"InstrumentationKey={KEY};IngestionEndpoint={receiver.url}/",
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true", APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED="true",
            TMPDIR=str(tmp_path_factory.mktemp("insights")),
        )  # fmt: skip
    assert said == "[True, True, True]"
    return [envelope for body in receiver.bodies("/track") for envelope in _envelopes(body)]


def _envelopes(body):
    found = json.loads(body)
    return found if isinstance(found, list) else [found]


def _numbers(report):
    """Every number in a report."""
    if isinstance(report, dict):
        return [number for value in report.values() for number in _numbers(value)]
    if isinstance(report, list):
        return [number for value in report for number in _numbers(value)]
    return [report] if isinstance(report, int | float) else []


def test_otlp_gets_every_span_once_and_from_the_service_that_the_variables_name(otlp):
    requests = [ExportTraceServiceRequest.FromString(body) for body in otlp.bodies("/v1/traces")]

    resources = [resource for request in requests for resource in request.resource_spans]
    names = [span.name for resource in resources for scope in resource.scope_spans for span in scope.spans]
    assert sorted(names) == sorted(f"work-{n}" for n in range(50))
    services = {a.value.string_value for r in resources for a in r.resource.attributes if a.key == "service.name"}
    assert services == {"mine"}


def test_otlp_gets_every_number_of_the_status_report(otlp):
    requests = [ExportMetricsServiceRequest.FromString(body) for body in otlp.bodies("/v1/metrics")]

    scopes = [s for request in requests for resource in request.resource_metrics for s in resource.scope_metrics]
    points = [p for scope in scopes for metric in scope.metrics for p in metric.gauge.data_points]
    assert sorted({p.as_double or p.as_int for p in points}) == sorted(_numbers(REPORT))


def test_otlp_gets_our_lines_and_others_warnings_once(otlp):
    requests = [ExportLogsServiceRequest.FromString(body) for body in otlp.bodies("/v1/logs")]

    records = [
        record
        for request in requests
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    assert sorted(record.body.string_value for record in records) == sorted(LINES)
    assert all(record.trace_id for record in records if record.body.string_value.startswith("worked"))


def test_no_text_that_an_error_quotes_leaves_the_process(otlp):
    assert otlp.posts
    assert not [path for path, body in otlp.posts if SECRET.encode() in body]
    logs = b"".join(otlp.bodies("/v1/logs"))
    assert b"the service is away" in logs
    assert b"program.py" in logs


def test_application_insights_gets_every_span_and_line_once(insights):
    """And not five spans a second, which is the distribution's default."""
    spans = [e["data"]["baseData"]["name"] for e in insights if e["data"]["baseType"] == "RemoteDependencyData"]
    lines = [e["data"]["baseData"]["message"] for e in insights if e["data"]["baseType"] == "MessageData"]
    errors = [e["data"]["baseData"] for e in insights if e["data"]["baseType"] == "ExceptionData"]

    assert sorted(spans) == sorted(f"work-{n}" for n in range(50))
    assert len(lines) + len(errors) == len(LINES)
    assert {error["exceptions"][0]["typeName"] for error in errors} == {"ValueError", "Unreachable"}
    assert {envelope["iKey"] for envelope in insights} == {KEY}
    assert SECRET not in json.dumps(insights)


def test_application_insights_gets_every_number_of_the_status_report(insights):
    metrics = [e["data"]["baseData"]["metrics"][0] for e in insights if e["data"]["baseType"] == "MetricData"]

    values = {metric["value"] for metric in metrics if metric["name"].startswith("plumbline.status.")}
    assert sorted(values) == sorted(_numbers(REPORT))


def test_without_a_destination_nothing_is_configured_and_the_sdk_stays_away():
    code = (
        "import logging, sys, threading\n"
        "from lib.telemetry.setup import configure, finish\n"
        "from lib.telemetry.invocations import invocation, traceparent\n"
        "assert configure() is False\n"
        "with invocation('work', 'timer', host='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01') as span:\n"
        "    assert not span.is_recording()\n"
        "finish()\n"
        "assert logging.getLogger().handlers == []\n"
        "assert threading.active_count() == 1\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'azure'))])\n"
    )
    assert _run("-c", code) == "[]"


def test_a_process_that_has_telemetry_keeps_it():
    code = (
        "from opentelemetry import trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "mine = TracerProvider(); trace.set_tracer_provider(mine)\n"
        "from lib.telemetry.setup import configure\n"
        "print(configure(otlp=True), trace.get_tracer_provider() is mine)\n"
    )
    assert _run("-c", code, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") == "True True"
