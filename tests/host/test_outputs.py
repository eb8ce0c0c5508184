"""Outputs and the invocation's context."""

from tests.host.rig import QUEUE, app_of, bodies, until

OUTPUTS = (
    QUEUE
    + """
@app.queue_output(arg_name="plain", queue_name="plain", connection="C")
@app.queue_output(arg_name="many", queue_name="many", connection="C")
@app.queue_output(arg_name="$return", queue_name="returned", connection="C")
def f(message: str, plain: func.Out[str], many: func.Out[typing.List[str]], context: func.Context) -> str:
    calls.append(context)
    plain.set('{"n": 1}')
    many.set(["a", func.QueueMessage(body="b")])
    return "done"
"""
)


def test_outputs_are_encoded_by_the_library_and_sent_to_their_queues(rig):
    rig.queue.send("work", ["x"])
    host = rig.started(OUTPUTS)
    until(host.idle)
    assert bodies(rig, "plain") == ['{"n": 1}']
    assert bodies(rig, "many") == ["a", "b"]
    assert bodies(rig, "returned") == ["done"]


def test_a_function_can_ask_for_its_context(rig):
    rig.queue.send("work", ["x"])
    host = rig.started(OUTPUTS)
    until(host.idle)
    (context,) = app_of(host)["calls"]
    assert context.function_name == "f"
    assert len(context.invocation_id) == 36
    assert context.trace_context.trace_parent.count("-") == 3
    assert context.retry_context.retry_count == 0
    assert context.function_directory.endswith("app")


def test_outputs_that_cannot_be_sent_are_a_failure(rig, caplog):
    source = QUEUE + (
        '@app.queue_output(arg_name="out", queue_name="next", connection="C")\n'
        "def f(message: str, out: func.Out[typing.List[str]]) -> None: out.set([b'bytes'])\n"
    )
    rig.queue.send("work", ["x"])
    host = rig.started(source, queues={"maxDequeueCount": 1})
    until(host.idle)
    assert bodies(rig, "work-poison") == ["x"]
    assert "queue output 'out' cannot send list" in caplog.text
