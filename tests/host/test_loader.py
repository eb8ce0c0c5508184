"""What the host refuses at start, as the real worker and host do, and what it says then."""

import pytest

from lib.errors import BadInput
from tests.host.rig import FEED, QUEUE, Rig

HTTP = "from azurefunctions.extensions.http.fastapi import Request, StreamingResponse\n"

REFUSED = {
    "two apps": ("other = func.FunctionApp()", "exactly one FunctionApp at the top level, found app, other"),
    "no functions": ("", "no functions: register the blueprints"),
    "a broken import": ("import not_there_at_all", "cannot be imported: ModuleNotFoundError"),
    "a name used twice": (
        QUEUE + "def twice(message: str) -> None: ...\n" + QUEUE + "def twice(message: str) -> None: ...",
        "twice does not have a unique function name",
    ),
    "a parameter without a binding": (
        QUEUE + "def f(message: str, more: int) -> None: ...",
        r"function 'f': no binding for the parameters \['more'\]",
    ),
    "a binding without a parameter": (
        QUEUE + "def f() -> None: ...",
        r"function 'f': the bindings \['message'\] have no parameter",
    ),
    "a wrong annotation": (
        QUEUE + "def f(message: func.TimerRequest) -> None: ...",
        "function 'f': 'message' is annotated .* which a queueTrigger does not deliver",
    ),
    "an output that is not Out": (
        QUEUE + '@app.queue_output(arg_name="o", queue_name="next", connection="C")\n'
        "def f(message: str, o: str) -> None: ...",
        r"function 'f': annotate 'o' with func.Out",
    ),
    "an input that is Out": (
        QUEUE + "def f(message: func.Out[str]) -> None: ...",
        "function 'f': 'message' is an input",
    ),
    "a returned value that goes nowhere": (
        QUEUE + "def f(message: str) -> str: ...",
        "function 'f': it returns <class 'str'> without a",
    ),
    "an unknown setting": (
        QUEUE.replace("work", "%NO_SUCH%") + "def f(message: str) -> None: ...",
        "function 'f', queueName: the app setting 'NO_SUCH' is not set: set the environment variable NO_SUCH",
    ),
    "a bad queue name": (
        QUEUE.replace("work", "Not_Good") + "def f(message: str) -> None: ...",
        "function 'f': 'Not_Good' is no queue name",
    ),
    "a five-field schedule": (
        '@app.timer_trigger(arg_name="t", schedule="*/5 * * * *")\ndef f(t: func.TimerRequest) -> None: ...',
        "function 'f': schedule .* expected six fields",
    ),
    "an impossible schedule": (
        '@app.timer_trigger(arg_name="t", schedule="0 0 0 30 2 *")\ndef f(t: func.TimerRequest) -> None: ...',
        "function 'f': schedule",
    ),
    "another trigger": (
        '@app.blob_trigger(arg_name="b", path="a/b", connection="C")\ndef f(b: func.InputStream) -> None: ...',
        "function 'f': the local host does not imitate 'blobTrigger'",
    ),
    "a Cosmos output": (
        QUEUE + '@app.cosmos_db_output(arg_name="o", connection="C", database_name="d", container_name="c")\n'
        "def f(message: str, o: func.Out[func.Document]) -> None: ...",
        "function 'f': the local host does not imitate the output binding 'cosmosDB'",
    ),
    "a retry policy on a queue": (
        QUEUE + '@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:01")\n'
        "def f(message: str) -> None: ...",
        "function 'f': @retry has no effect in Azure on a queueTrigger.*maxDequeueCount",
    ),
    "a retry delay that is none": (
        FEED + '@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="5 s")\n'
        "def f(items: func.DocumentList) -> None: ...",
        "function 'f', @retry, delay_interval: '5 s' is no time span",
    ),
    "an unknown retry strategy": (
        FEED + '@app.retry(strategy="often", max_retry_count="3", delay_interval="00:00:01")\n'
        "def f(items: func.DocumentList) -> None: ...",
        "function 'f', @retry: strategy 'often'",
    ),
    "a context of another type": (
        QUEUE + "def f(message: str, context: int) -> None: ...",
        "function 'f': annotate the parameter 'context' with azure.functions.Context",
    ),
    "an HTTP function without annotations": (
        HTTP + '@app.route(route="a")\ndef f(req): ...',
        "function 'f': .*azurefunctions.extensions.http.fastapi",
    ),
    "classic HTTP types": (
        HTTP + '@app.route(route="a")\ndef f(req: func.HttpRequest) -> StreamingResponse: ...',
        "function 'f': 'req' is annotated .*: use Request of azurefunctions.extensions.http.fastapi",
    ),
    "a route constraint": (
        HTTP + '@app.route(route="a/{id:int}")\ndef f(req: Request) -> StreamingResponse: ...',
        r"function 'f': the local host does not imitate '{id:int}'",
    ),
    "one route twice": (
        HTTP + '@app.route(route="a/{x}")\ndef f(req: Request) -> StreamingResponse: ...\n'
        '@app.route(route="A/{x}")\ndef g(req: Request) -> StreamingResponse: ...',
        "functions 'f' and 'g' have the same route",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_app_that_would_not_work_is_refused_with_the_reason(rig, case):
    source, message = REFUSED[case]
    with pytest.raises(BadInput, match=message):
        rig.host(source).start()


def test_a_folder_without_function_app_is_no_functions_app(tmp_path):
    rig = Rig(tmp_path)
    (tmp_path / "app").mkdir()
    with pytest.raises(BadInput, match=r"no function_app\.py"):
        rig.host().start()
    rig.close()


def test_no_function_app_object_is_refused(rig):
    rig.write("app = None", prelude="")
    with pytest.raises(BadInput, match="found none"):
        rig.host().start()


@pytest.mark.parametrize(
    ("queues", "message"),
    [
        ({"batchSize": 33}, "batchSize is 33; it must be from 1 to 32"),
        ({"maxDequeueCount": "many"}, "maxDequeueCount is 'many'"),
        ({"visibilityTimeout": "30"}, "visibilityTimeout: '30' is no time span"),
    ],
)
def test_a_wrong_host_json_names_the_key(rig, queues, message):
    with pytest.raises(BadInput, match=message):
        rig.host(QUEUE + "def f(message: str) -> None: ...", queues=queues).start()


def test_host_json_must_be_there_and_be_json(rig):
    app = rig.write(QUEUE + "def f(message: str) -> None: ...")
    (app / "host.json").write_text("{")
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        rig.host().start()
    (app / "host.json").unlink()
    with pytest.raises(BadInput, match=r"no host\.json"):
        rig.host().start()


def test_settings_are_resolved_whatever_their_case_and_within_text(rig):
    source = """
    @app.queue_trigger(arg_name="message", queue_name="%Work%-poison", connection="C")
    def f(message: str) -> None: ...
    """
    host = rig.started(source, settings={"WORK": "features"})
    assert host.functions[0].trigger.queue == "features-poison"


def test_app_settings_override_host_json(rig):
    settings = {"AzureFunctionsJobHost__extensions__queues__batchSize": "99"}
    with pytest.raises(BadInput, match="batchSize is '99'"):
        rig.host(QUEUE + "def f(message: str) -> None: ...", settings=settings).start()


def test_a_disabled_function_is_checked_but_does_not_run(rig):
    source = QUEUE + "def f(message: str) -> None: calls.append(1)"
    host = rig.started(source, settings={"AzureWebJobs.f.Disabled": "true"})
    rig.queue.send("work", ["a"])
    assert host.functions[0].disabled
    assert host.idle()  # nothing is bound, so nothing waits
    assert rig.queue.depth("work").messages == 1


def test_a_wrong_thread_count_is_refused(rig):
    with pytest.raises(BadInput, match="PYTHON_THREADPOOL_THREAD_COUNT is 'x'"):
        rig.host(QUEUE + "def f(message: str) -> None: ...", settings={"PYTHON_THREADPOOL_THREAD_COUNT": "x"}).start()


def test_importing_the_app_twice_gives_two_apps(rig):
    rig.started(QUEUE + "def f(message: str) -> None: ...").stop()
    assert rig.started(QUEUE + "def g(message: str) -> None: ...").functions[0].name == "g"
