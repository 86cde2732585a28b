"""`compare load` against a real server, and against what is none."""

import contextlib
import http.server
import json
import socket
import threading

import pytest
import secure
from click.testing import CliRunner
from msgspec.structs import replace
from running import free_port

from compare.cli import commands
from compare.harness import load as generator
from compare.harness import reference


@pytest.fixture(scope="module")
def url():
    with reference.serving() as url:
        yield url


def run(*words):
    return CliRunner().invoke(commands, ["load", *words], standalone_mode=False)


SHORT = ("--duration", "0.2", "--warmup", "0.05", "--timeout", "60")


def test_a_person_gets_a_table_and_a_rate(url):
    result = run(url, *SHORT)
    assert result.return_value == 0
    assert "response" in result.stdout
    assert "successes a second over 0.2 s, 10 connections" in result.stdout


def test_a_program_gets_one_json_object(url):
    result = run(url, *SHORT, "--concurrency", "3", "--json")
    told = json.loads(result.stdout)
    assert told["connections"] == 3
    assert told["completed"] > 0


def test_a_rate_makes_it_an_open_loop(url):
    told = json.loads(run(url, *SHORT, "--rate", "200", "--arrivals", "poisson", "--json").stdout)
    assert 10 <= told["sent"] <= 90


def test_a_target_that_is_down_is_exit_code_1_and_no_throughput():
    result = run(f"http://127.0.0.1:{free_port()}/", *SHORT)
    assert result.return_value == 1
    assert "refused" in result.stdout.lower()
    assert "successes a second" not in result.stdout


def test_a_target_that_speaks_no_http_is_told_as_such():
    with socket.create_server(("127.0.0.1", 0)) as sock:  # accepts and never says a word
        result = run(f"http://127.0.0.1:{sock.getsockname()[1]}/", "--duration", "0.1", "--timeout", "0.5")
    assert result.return_value == 1
    assert "unanswered" in result.stdout


@pytest.mark.parametrize("bad", ["ftp://127.0.0.1/", "127.0.0.1:80", "http://no.such.host.invalid/"])
def test_a_url_that_cannot_be_loaded_is_one_sentence(bad):
    result = CliRunner().invoke(commands, ["load", bad, *SHORT])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert len(result.output.splitlines()) == 1


def test_the_options_for_connections_reach_the_generator(monkeypatch):
    asked = []

    def failing(url, wanted, *, wire, **_):
        asked.append(wire)
        raise generator.LoadError("enough")

    monkeypatch.setattr(generator, "run", failing)
    for words in ([], ["--close", "--insecure", "--per-address", "9"]):
        CliRunner().invoke(commands, ["load", "http://x/", *words])
    assert asked == [generator.Wire(), generator.Wire(keep_alive=False, verify=False, per_source=9)]


def test_the_certificate_is_shown():
    with secure.serving() as served:
        url = f"https://localhost:{served.port}/"
        refused = CliRunner().invoke(commands, ["load", url, *SHORT])
        shown = run(url, *SHORT, "--insecure")
        told = json.loads(run(url, *SHORT, "--insecure", "--json").stdout)
    assert refused.exit_code == 1
    assert "does not verify: self-signed certificate" in refused.output
    assert "Certificate: localhost, issued by localhost" in shown.stdout
    assert told["certificate"]["subject"] == "localhost"


def test_pipelining_is_refused_with_the_reason(url):
    result = CliRunner().invoke(commands, ["load", url, "--pipeline", "4"])
    assert result.exit_code == 2
    assert "a pipelined answer waits for the one before it" in result.output


def test_connections_are_ten_unless_given_and_as_many_as_needed_in_an_open_loop(monkeypatch):
    asked = []

    def failing(url, wanted, **_):
        asked.append(wanted.concurrency)
        raise generator.LoadError("enough")

    monkeypatch.setattr(generator, "run", failing)
    for words in ([], ["-c", "7"], ["--rate", "5"], ["--rate", "5", "-c", "7"]):
        CliRunner().invoke(commands, ["load", "http://x/", *words])
    assert asked == [10, 7, 10_000, 7]


@contextlib.contextmanager
def saying(first: bytes, then: bytes):
    """Serve each connection `first` before it asks and `then` for as long as it is there; yield the URL."""

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(first)
            while connection.recv(4096):
                connection.sendall(then)
                while then is FLOOD:
                    connection.sendall(then)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
FLOOD = b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000


def test_endless_interim_answers_are_malformed_and_end_the_connection():
    with saying(b"", FLOOD) as url:
        result = run(url, *SHORT, "-c", "2")
    assert result.return_value == 1
    assert "succeeded: " in result.stdout
    assert "malformed" in result.stdout


def test_a_server_that_answers_before_it_is_asked_is_no_result():
    # where the server's thread is held up, a request leaves first and has been answered: then that is no such server
    for _ in range(5):
        with saying(ANSWER, ANSWER) as url:
            result = CliRunner().invoke(commands, ["load", url, *SHORT])
        if result.exit_code:
            break
    assert result.exit_code == 1
    assert "Error: The server answers before it is asked" in result.output


def test_credentials_in_a_url_are_not_repeated(url):
    with_secrets = url.replace("http://", "http://ann:hunter2@") + "&token=hunter2"
    for words in ((), ("--json",)):
        assert "hunter2" not in run(with_secrets, *SHORT, *words).output


@contextlib.contextmanager
def recording():
    """Yield the URL of a server that answers 404, and the list of what it was sent."""
    asked: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(b"%s %s %s" % (self.headers["X-A"].encode(), self.headers["Host"].encode(), body))
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


def test_method_header_body_and_the_status_expected_are_as_asked(tmp_path):
    body = tmp_path / "order.json"
    body.write_text('{"a": 1}')
    words = (
        "-m",
        "POST",
        "-H",
        "X-A: b",
        "-H",
        "Host: example.test",
        "--body",
        f"@{body}",
        "--expect-status",
        "404",
    )
    with recording() as (url, asked):
        told = json.loads(run(url, *SHORT, "-c", "2", *words, "--json").stdout)
    assert told["completed"] > 0
    assert told["errors"] == {}
    assert set(asked) == {b'b example.test {"a": 1}'}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-H", "nonsense"), "is not a header"),
        (("-H", "A: b\r\nB: c"), "is not a header"),
        (("-H", "Content-Length: 3"), "--body and --close set"),
        (("--body", "@no/such/file"), "No such file or directory; name a file"),
        (("--expect-status", "20"), "such as 200,204"),
        (("-m", "HEAD"), "'HEAD' is not one of 'GET'"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_nothing_is_sent(words, said, monkeypatch):
    monkeypatch.setattr(generator, "run", None)
    found = CliRunner().invoke(commands, ["load", "http://127.0.0.1:1/", *words])
    assert found.exit_code == 2
    assert said in found.output
    assert "Traceback" not in found.output


def test_ctrl_c_prints_what_was_measured(url, monkeypatch):
    real = generator.run
    monkeypatch.setattr(generator, "run", lambda *a, **k: replace(real(*a, **k), cut=True))
    found = run(url, *SHORT)
    assert found.return_value == 130
    assert "successes a second" in found.stdout
    assert found.stderr.endswith("Stopped after 0.2 s of 0.2 s.\n")
