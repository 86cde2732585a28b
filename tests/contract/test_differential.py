"""The same generated request to both servers must get the same answer: what the contract's own tests missed.

`FULL=1` makes it 5,000 examples, `COMPARE_FUZZ` multiplies their number.
"""

import os
import re
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from running import running

from compare.contract import DEFAULT_DELAY_S, ContractError, Paradigm, Server, delay_of, path_of

EXAMPLES = (5000 if os.environ.get("FULL") else 100) * int(os.environ.get("COMPARE_FUZZ", "1"))


@pytest.fixture(scope="module")
def both():
    with running(Server.TORNADO) as tornado, running(Server.AIOHTTP) as aiohttp:
        yield tornado, aiohttp


@dataclass(frozen=True)
class Answer:
    """What must be equal: all but `Date`, `Server`, the time the work took, and the server's own name."""

    status: bytes
    headers: tuple[bytes, ...]
    body: bytes


def answer(raw: bytes, *, stats: bool = False) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    kept = (line for line in headers if not line.lower().startswith((b"date:", b"server:", b"connection:")))
    headers = tuple(sorted(re.sub(rb"(?i)^(server-timing: io;dur=)[\d.]+$", rb"\1", line) for line in kept))
    if stats:  # its numbers and so its length differ; its keys may not
        body = re.sub(rb"-?\d[\d.e-]*", b"0", body)
        headers = tuple(line for line in headers if not line.lower().startswith(b"content-length:"))
    # the version and the reason phrase of the status line are the framework's own
    return Answer(status[9:12], headers, re.sub(rb'"server":"(tornado|aiohttp)"', b"", body))


path = st.one_of(
    st.sampled_from(["/ping", "/stats", "/", "/io", "/io/", "/static/x", "/cookies", "/signed/x"]),
    st.sampled_from([f"/io/{paradigm}" for paradigm in Paradigm]),
    st.text("/.%~;:@!$&'()*+,=-_aé", min_size=0, max_size=12).map(lambda text: f"/{text}"),
    st.sampled_from(
        ["/ping/", "//ping", "/ping//", "/./ping", "/io/../ping", "/p%69ng", "/io%2Fnative", "/%00"]
    ),
    st.from_regex(r"/(ping|io/native)%[0-9a-fA-F]{0,2}[a-z]?", fullmatch=True),
)
value = st.one_of(
    st.sampled_from(
        ["0", "0.01", "0.", "-1", "61", "nan", "1e-3", "", "%30", "+0", "0%20", "%", "%zz", "%ff", "%D9%A0"]
    ),
    st.text(max_size=6),
)
query = st.one_of(
    st.just(""),
    value.map(lambda text: f"?delay={text}"),
    st.lists(st.tuples(st.sampled_from(["delay", "x", "%64elay", ""]), value), max_size=3).map(
        lambda pairs: "?" + "&".join(f"{name}={text}" for name, text in pairs)
    ),
    st.text("?&=;#%+delay01", max_size=12).map(lambda text: f"?{text}"),
)
method = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
header = st.one_of(
    st.sampled_from(
        [
            "Accept: */*",
            "Cookie: a=b; c",
            "Content-Type: multipart/form-data",
            "Content-Type: application/json",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-origin",
            "Expect: magic",
            "Content-Type: application/x-www-form-urlencoded",
            "If-None-Match: *",
            "Range: bytes=0-1",
            "Accept-Encoding: gzip",
            "X-Forwarded-For: 1.2.3.4",
            "X-Empty:",
        ]
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20).map(
        lambda text: f"X-Any: {text}"
    ),
)
# each name once: aiohttp refuses a second Content-Type, as RFC 9110 lets it, and Tornado does not
headers = st.lists(header, max_size=4, unique_by=lambda line: line.partition(":")[0])
body = st.one_of(st.just(b""), st.binary(max_size=200), st.just(b"x" * 65537))


def encode(target: str) -> bytes:
    """Percent-encode what may not stand in a request line, and only that."""
    safe = set(range(0x21, 0x7F))
    return b"".join(bytes([byte]) if byte in safe else b"%%%02X" % byte for byte in target.encode())


def request(method: str, target: str, headers: list[str], body: bytes) -> bytes:
    length = [f"Content-Length: {len(body)}"] if body or method in {"POST", "PUT", "PATCH"} else []
    lines = ["Host: test", "Connection: close", *headers, *length]
    head = b"%s %s HTTP/1.1\r\n" % (method.encode(), encode(target))
    return head + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def is_quick(target: str) -> bool:
    """Whether the servers answer at once: a wait of ten seconds that hypothesis found teaches nothing."""
    try:
        return delay_of(encode(target).decode()) <= DEFAULT_DELAY_S
    except ContractError:
        return True


@pytest.mark.longer
@pytest.mark.timeout(600)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(method, path, query, headers, body)
def test_both_servers_give_the_same_answer(both, method, path, query, headers, body):
    assume(is_quick(path + query))
    sent = request(method, path + query, headers, body)
    stats = path_of(encode(path).decode()) == "/stats"
    tornado, aiohttp = (answer(process.exchange(sent), stats=stats) for process in both)
    assert tornado == aiohttp, sent[:300]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET http://test/ping HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        b"GET http://test:1/io/native?delay=0 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        b"GET /ping HTTP/1.0\r\nHost: test\r\n\r\n",
        b"GET /ping HTTP/1.0\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        b"GET /ping#fragment HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        b"GET /ping?a#b?c HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"PROPFIND /ping HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
        b"TRACE /ping HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda sent: sent.split(b"\r\n")[0].decode().replace(" ", "_"),
)
def test_unusual_but_legal_requests_get_the_same_answer(both, sent):
    tornado, aiohttp = (answer(process.exchange(sent)) for process in both)
    assert tornado == aiohttp
