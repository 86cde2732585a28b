"""One plain request at a time: does a contestant answer as the contract says? The load never goes through here."""

import http.client
import re
import socket
from urllib.parse import urlsplit

import msgspec

from compare.contract import JSON_TYPE, PONG, Stats, io_body
from compare.errors import CompareError
from compare.records import Contestant

PROBE_DELAY_S = 0.01  # long enough to see that the wait is not skipped, short enough to ask before every cell
OWN_S = 70.0  # longer than a server gives a long I/O
_IO_MS = re.compile(r"io;dur=(\d+(?:\.\d+)?)")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Answer(msgspec.Struct, frozen=True):
    """What came back. `headers` has lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswerError(CompareError):
    """Nothing that is HTTP came back; the message is one sentence naming the URL."""


class ContractBrokenError(CompareError):
    """A contestant does not answer as both servers promise, so it is not timed; one sentence saying how."""


def get(url: str, *, timeout_s: float = 5.0) -> Answer:
    """Return the answer to `GET url` on a connection of its own; raises NoAnswerError."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{url} did not answer: {str(error) or type(error).__name__}.") from error
    finally:
        connection.close()


class Row(msgspec.Struct, frozen=True):
    """What one worker or loop says of itself; one that did not answer in time is `silent`."""

    pid: int
    worker: int = 0
    completed: int = 0
    silent: bool = False


class Everyone(msgspec.Struct, frozen=True):
    """The part of `/stats?all=1` that is read: the sums over all workers, and a row for each."""

    total: Stats
    workers: tuple[Row, ...] = ()


def stats(base_url: str, *, timeout_s: float = 5.0) -> Stats:
    """Return what the server says of itself, summed over its workers, the worst lag; raises NoAnswerError."""
    return everyone(base_url, timeout_s=timeout_s).total


def everyone(base_url: str, *, timeout_s: float = 5.0) -> Everyone:
    """Return what all workers of the server say of themselves; raises NoAnswerError."""
    answer = get(f"{base_url}/stats?all=1", timeout_s=timeout_s)
    try:
        return msgspec.json.decode(answer.body, type=Everyone)
    except msgspec.DecodeError as error:
        raise NoAnswerError(
            f"{base_url}/stats answered {answer.status} and no statistics: {error}."
        ) from error


def io_path(contestant: Contestant, delay_s: float) -> str:
    """Return path and query of one long I/O of `delay_s` seconds."""
    return f"/io/{contestant.paradigm}?delay={format(delay_s, '.9f').rstrip('0').rstrip('.')}"


WARM_UPS = 100


def warm(base_url: str, contestant: Contestant, *, timeout_s: float = 5.0) -> None:
    """Ask a hundred requests that do not wait, one at a time on one connection; raises NoAnswerError.

    What a server keeps after its first requests (caches, the interpreter's own arenas) is not a cost of the load.
    A work of one's own waits as long as it likes, so `/ping` is asked in its place.
    """
    path = io_path(contestant, 0.0) if contestant.waits_as_asked else "/ping"
    parts = urlsplit(base_url)
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout_s) as sock:
            for _ in range(WARM_UPS):
                sock.sendall(request)
                _pass_over(sock)
    except OSError as error:
        raise NoAnswerError(
            f"{base_url}{path} did not answer: {str(error) or type(error).__name__}."
        ) from error


def _pass_over(sock: socket.socket) -> None:
    """Read one answer to its end; `http.client` would take as long for it as a server does. Raises OSError."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(sock)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if length is None:
        raise ConnectionError("its answer has no Content-Length")
    missing = int(length[1]) - len(body)
    while missing > 0:
        missing -= len(_more(sock))


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 16)
    if not data:
        raise ConnectionError("it closed the connection")
    return data


def check(base_url: str, contestant: Contestant) -> None:
    """Ask one request of each kind a measurement sends; raises ContractBrokenError, or NoAnswerError.

    The bodies must be the contract's bytes, and `Server-Timing` must show that the wait was waited: a contestant that
    is fast because it does less is not timed. A user's own work takes what it takes, so its time is only to be told.
    """
    path = io_path(contestant, PROBE_DELAY_S)
    answer = get(base_url + path, timeout_s=5.0 if contestant.waits_as_asked else OWN_S)
    body = io_body(contestant.server, contestant.paradigm, contestant.work, PROBE_DELAY_S)
    _expect(path, answer, body)
    waited = _IO_MS.search(answer.headers.get("server-timing", ""))
    if waited is None:
        raise ContractBrokenError(f"{path} does not say in Server-Timing how long the work took.")
    if contestant.waits_as_asked and float(waited[1]) < 0.99 * PROBE_DELAY_S * 1e3:
        raise ContractBrokenError(f"{path} skipped its wait: Server-Timing says {waited[1]} ms.")
    _expect("/ping", get(f"{base_url}/ping"), PONG)
    stats(base_url)


def _expect(path: str, answer: Answer, body: bytes) -> None:
    if answer.status != 200:
        said = answer.body[:200].decode("utf-8", "replace")
        raise ContractBrokenError(f"{path} answered {answer.status}, not 200: {said}")
    if answer.body != body:
        raise ContractBrokenError(f"{path} answered {answer.body[:200]!r}, not {body!r}.")
    if answer.headers.get("content-type") != JSON_TYPE:
        raise ContractBrokenError(
            f"{path} answered as {answer.headers.get('content-type')}, not {JSON_TYPE}."
        )
