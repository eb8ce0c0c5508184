"""The shell of the stand-ins: TLS, tokens, faults, and how the process ends."""

import time

import httpx2
import pytest
import requests

from lib.errors import Permanent
from local.standins.certificate import ensure_certificate
from local.standins.faults import Fault, Faults
from local.standins.identity import Identity
from local.standins.stand_ins import StandIns

SERVICES = {
    "cosmos": ("/dbs", "https://127.0.0.1"),
    "search": ("/indexes", "https://search.azure.com"),
    "openai": ("/openai/v1/models", "https://ai.azure.com"),
}


def get(stand_ins: StandIns, path: str, token: str = "", **headers: str) -> requests.Response:
    sent = {"Authorization": f"Bearer {token}", **headers} if token else headers
    return requests.get(stand_ins.url + path, headers=sent, verify=stand_ins.certificate, timeout=10)


def models(stand_ins: StandIns, credential) -> requests.Response:
    return get(stand_ins, "/openai/v1/models", credential.get_token("https://ai.azure.com/.default").token)


def test_the_certificate_is_trusted_through_the_bundle_only(stand_ins, azure_environment, monkeypatch):
    url = f"{stand_ins.url}/standins/faults"
    assert requests.get(url, timeout=10).status_code == 200
    assert httpx2.get(url).status_code == 200
    assert httpx2.get(url.replace("127.0.0.1", "localhost")).status_code == 200

    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=10)
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx2.get(url)


def test_a_certificate_is_kept(tmp_path):
    first = ensure_certificate(tmp_path).chain.read_bytes()

    assert ensure_certificate(tmp_path).chain.read_bytes() == first
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_takes_only_tokens_made_for_it(stand_ins, credential, service):
    path, resource = SERVICES[service]
    good = credential.get_token(f"{resource}/.default").token
    wrong = credential.get_token("https://storage.azure.com/.default").token

    assert get(stand_ins, path, good).status_code != 401
    assert [get(stand_ins, path, token).status_code for token in ("", wrong, good + "x", "nonsense")] == [401] * 4


def test_expired_and_foreign_tokens_are_refused(tmp_path):
    with StandIns(tmp_path) as started:
        for path, resource in SERVICES.values():
            expired, _ = Identity(tmp_path).token(resource, lifetime_s=-10)
            foreign, _ = Identity(tmp_path / "other").token(resource)
            refused = get(started, path, expired)

            assert (refused.status_code, "expired" in refused.text) == (401, True)
            assert get(started, path, foreign).status_code == 401


def test_a_token_outlives_a_restart(tmp_path):
    with StandIns(tmp_path) as started:
        secret = started.environment["IDENTITY_HEADER"]
        token, _ = Identity(tmp_path).token("https://ai.azure.com")
    with StandIns(tmp_path) as started:
        assert started.environment["IDENTITY_HEADER"] == secret
        assert get(started, "/openai/v1/models", token).status_code != 401


def test_only_who_knows_the_secret_gets_tokens(stand_ins):
    path = "/msi/token?api-version=2019-08-01&resource=https://ai.azure.com"
    header = stand_ins.environment["IDENTITY_HEADER"]

    assert get(stand_ins, path).status_code == 401
    assert get(stand_ins, path, **{"X-IDENTITY-HEADER": "guess"}).status_code == 401
    assert get(stand_ins, path.split("&", maxsplit=1)[0], **{"X-IDENTITY-HEADER": header}).status_code == 400
    found = get(stand_ins, path, **{"X-IDENTITY-HEADER": header}).json()
    assert (found["token_type"], found["resource"]) == ("Bearer", "https://ai.azure.com")
    assert int(found["expires_on"]) > time.time()


def test_faults_hit_the_same_requests_for_the_same_seed():
    def hits(seed: int) -> list[bool]:
        faults = Faults([Fault(service="search", kind="late", share=0.3, seed=seed)])
        return [faults.draw("search", "late") is not None for _ in range(200)]

    assert hits(1) == hits(1) != hits(2)
    assert 40 <= sum(hits(1)) <= 80


def test_a_fault_hits_only_what_it_names():
    faults = Faults([Fault(service="cosmos", kind="stale", match="GET /dbs/a", times=2)])

    assert faults.draw("search", "stale", what="GET /dbs/a") is None
    assert faults.draw("cosmos", "late", what="GET /dbs/a") is None
    assert faults.draw("cosmos", "stale", what="GET /dbs/b") is None
    assert [faults.draw("cosmos", "stale", what="GET /dbs/a/x") is None for _ in range(3)] == [False, False, True]
    assert [hits for _, hits in faults.all()] == [2]


@pytest.mark.parametrize(
    ("service", "header", "value"),
    [("openai", "retry-after-ms", "1500"), ("search", "Retry-After", "2"), ("cosmos", "x-ms-retry-after-ms", "1500")],
)
def test_a_throttled_service_says_when_to_come_back(stand_ins, credential, service, header, value):
    path, resource = SERVICES[service]
    token = credential.get_token(f"{resource}/.default").token
    stand_ins.set_faults([{"service": service, "kind": "throttle", "retry_after_s": 1.5, "times": 1}])

    found = get(stand_ins, path, token)

    assert (found.status_code, found.headers[header]) == (429, value)
    assert get(stand_ins, path, token).status_code != 429
    assert stand_ins.faults()[0]["hits"] == 1


def test_an_unavailable_service_answers_503(stand_ins, credential):
    stand_ins.set_faults([{"service": "openai", "kind": "unavailable"}])

    assert models(stand_ins, credential).status_code == 503


@pytest.mark.parametrize("kind", ["reset", "lost_answer"])
def test_a_cut_connection_gives_no_answer(stand_ins, credential, kind):
    stand_ins.set_faults([{"service": "openai", "kind": kind, "times": 1}])

    with pytest.raises(requests.exceptions.ConnectionError):
        models(stand_ins, credential)
    assert models(stand_ins, credential).status_code == 404


def test_a_slow_service_takes_its_time(stand_ins, credential):
    stand_ins.set_faults([{"service": "openai", "kind": "slow", "delay_s": 0.3}])
    started = time.monotonic()
    models(stand_ins, credential)

    assert time.monotonic() - started >= 0.3


def test_wrong_faults_are_refused(stand_ins):
    with pytest.raises(ValueError, match="share"):
        stand_ins.set_faults([{"service": "openai", "kind": "throttle", "share": 2}])


def test_the_process_ends_when_its_stdin_closes(tmp_path):
    started = StandIns(tmp_path)
    started._child.stdin.close()

    assert started._child.wait(5) == 0
    started.stop()


def test_the_process_ends_on_sigterm_with_a_client_connected(tmp_path):
    with StandIns(tmp_path) as started, requests.Session() as session:
        session.get(f"{started.url}/standins/faults", verify=started.certificate, timeout=10)
        started._child.terminate()

        assert started._child.wait(5) is not None


def test_a_taken_port_is_named(stand_ins, tmp_path):
    with pytest.raises(Permanent, match="cannot listen on port"):
        StandIns(tmp_path, port=int(stand_ins.url.rsplit(":", 1)[1]))
