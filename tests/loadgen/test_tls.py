"""Loads over TLS, by the generator's own process against a server in a thread."""

import numpy as np
import pytest
import secure

from compare.harness.load import LoadError, Wire, run
from compare.records import Closed, SampleStatus

LOAD = Closed(concurrency=3, delay_s=0.0, duration_s=0.2, warmup_s=0.05, timeout_s=60.0)


@pytest.fixture(autouse=True)
def trusted(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.CERTIFICATE))


def kinds(samples):
    return set(samples.status.tolist())


def test_requests_go_over_kept_connections_and_answers_come_back():
    with secure.serving() as served:
        result = run(f"https://localhost:{served.port}/x", LOAD)
    assert kinds(result.samples) == {200}
    assert result.samples.io_s == pytest.approx(0.0015)
    assert (served.connections, result.report.connections) == (3 + 1, 3)  # one to look at the certificate
    assert served.requests > 3
    assert result.certificate.verified


def test_an_untrusted_certificate_is_refused_before_a_request_is_sent(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with secure.serving() as served:
        url = f"https://localhost:{served.port}/"
        with pytest.raises(LoadError, match="does not verify: self-signed certificate"):
            run(url, LOAD)
        assert served.requests == 0
        assert kinds(run(url, LOAD, wire=Wire(verify=False)).samples) == {200}


@pytest.mark.parametrize(("cut", "status"), [(False, 200), (True, SampleStatus.RESET)])
def test_a_body_until_the_close_is_whole_only_if_the_peer_ends_tls(cut, status):
    with secure.serving(secure.UNTIL_CLOSE, close=True, cut=cut) as served:
        samples = run(f"https://localhost:{served.port}/", LOAD).samples
    assert kinds(samples) == {status}


def test_each_request_may_have_a_connection_of_its_own():
    with secure.serving() as served:
        samples = run(f"https://localhost:{served.port}/", LOAD, wire=Wire(keep_alive=False)).samples
    assert kinds(samples) == {200}
    assert 3 < served.requests <= served.connections - 1
    assert np.median(samples.sent_s - samples.intended_s) > 1e-4, "the opening of its connection counts"
