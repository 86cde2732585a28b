"""Malformed requests and the shapes that smuggle one request inside another, on both servers.

Behind each shape a second, valid request is pipelined whose answer cannot be mistaken. It may be answered, or the
connection closed: never anything in between. `NEVER_SERVED` are the shapes that no server in a chain may let pass,
because two servers that read them differently see different requests.
"""

import pytest
from running import running
from wire import answers

from compare.contract import Server

TOKEN = b"0.00012345"
SECOND = b"GET /io/native?delay=%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % TOKEN
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\n"
CLOSING_PING = PING + b"Connection: close\r\n\r\n"
POST = b"POST /ping HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"

NEVER_SERVED = {
    "two_content_lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "content_lengths_in_a_list": POST + b"Content-Length: 3, 4\r\n\r\nabc",
    "content_length_then_chunked": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "chunked_then_content_length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + END,
    "content_length_with_a_plus": POST + b"Content-Length: +3\r\n\r\nabc",
    "content_length_negative": POST + b"Content-Length: -3\r\n\r\nabc",
    "content_length_hexadecimal": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "content_length_with_an_underscore": POST + b"Content-Length: 1_0\r\n\r\nabcdefghij",
    "content_length_beyond_64_bits": POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc",
    "content_length_empty": POST + b"Content-Length: \r\n\r\n",
    "coding_unknown": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + END,
    "coding_identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "chunked_is_not_the_last_coding": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END,
    "coding_twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + END,
    "coding_with_a_vertical_tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END,
    "space_before_the_colon": POST + b"Transfer-Encoding : chunked\r\n\r\n" + END,
    "space_before_the_first_colon": b"GET /ping HTTP/1.1\r\nHost : x\r\n\r\n",
    "bare_cr": PING[:-2] + b"\rX: y\r\n\r\n",
    "folded_header": PING + b"X: a\r\n b\r\n\r\n",
    "folded_first_header": b"GET /ping HTTP/1.1\r\n Host: x\r\n\r\n",
    "header_without_a_colon": PING + b"nocolon\r\n\r\n",
    "header_without_a_name": PING + b": y\r\n\r\n",
    "header_name_not_ascii": PING + b"\xff\xfe: y\r\n\r\n",
    "null_in_a_value": PING + b"X: a\x00b\r\n\r\n",
    "null_in_a_name": PING + b"X\x00: ab\r\n\r\n",
    "null_in_the_target": b"GET /pi\x00ng HTTP/1.1\r\nHost: x\r\n\r\n",
    "null_before_all": b"\x00" + PING + b"\r\n",
    "chunk_extension_with_a_line_feed": CHUNKED + b"3;a\nb\r\nabc\r\n" + END,
    "chunk_size_negative": CHUNKED + b"-3\r\nabc\r\n" + END,
    "chunk_size_with_0x": CHUNKED + b"0x3\r\nabc\r\n" + END,
    "chunk_size_with_an_underscore": CHUNKED + b"0_3\r\nabc\r\n" + END,
    "chunk_size_beyond_64_bits": CHUNKED + b"10000000000000003\r\nabc\r\n" + END,
    "chunk_size_then_a_space": CHUNKED + b"3 \r\nabc\r\n" + END,
    "chunk_ended_by_line_feeds": CHUNKED + b"3\nabc\n0\n\n",
    "chunk_longer_than_its_size": CHUNKED + b"2\r\nabc\r\n" + END,
    "no_host": b"GET /ping HTTP/1.1\r\n\r\n",
    "two_hosts": PING + b"Host: y\r\n\r\n",
    "http_2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http_0_9": b"GET /ping\r\n\r\n",
    "version_unknown": b"GET /ping HTTP/1.1x\r\nHost: x\r\n\r\n",
    "version_in_lower_case": b"GET /ping http/1.1\r\nHost: x\r\n\r\n",
    "method_no_token": b"G@T /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "tabs_in_the_request_line": b"GET\t/ping\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "tls_hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}

# Read by one framework and refused by the other; either is lawful, and neither may lose its place.
EITHER = {
    "content_length_twice_the_same": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "content_lengths_the_same_in_a_list": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "gzip_and_chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + END,
    "chunked_in_http_1_0": b"POST /ping HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "line_feeds_alone": b"GET /ping HTTP/1.1\nHost: x\n\n",
    "one_line_feed_alone": PING[:-2] + b"\nX: y\r\n\r\n",
    "chunk_extension": CHUNKED + b"3;a=b\r\nabc\r\n" + END,
    "chunk_trailer": CHUNKED + b"0\r\nX: y\r\n\r\n",
    "two_spaces": b"GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "empty_lines_first": b"\r\n\r\n\r\n" + PING + b"\r\n",
    "value_not_ascii": PING + b"X: \xff\xfe\r\n\r\n",
    "body_that_is_no_gzip": POST + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "expects_100": POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "expects_the_impossible": POST + b"Expect: magic\r\nContent-Length: 3\r\n\r\nabc",
    "upgrade_to_h2c": PING + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "upgrade_to_websocket": PING + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "connect": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a_hundred_headers": PING + b"".join(b"X-%d: y\r\n" % n for n in range(100)) + b"\r\n",
    "a_thousand_headers": PING + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n",
}
SHAPES = NEVER_SERVED | EITHER


@pytest.fixture(scope="module", params=list(Server), ids=str)
def process(request):
    with running(request.param) as process:
        yield process


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_malformed_is_refused_or_read_whole_and_the_next_request_is_never_mistaken(process, shape):
    logged = len(process.logged())
    first, *rest = answers(process.exchange(SHAPES[shape] + SECOND))
    if shape in NEVER_SERVED:
        assert (first.status, rest) == (400, [])
    assert b"Traceback" not in first.body
    assert b'File "' not in first.body
    assert [(answer.status, TOKEN in answer.body) for answer in rest] in ([], [(200, True)])
    assert answers(process.exchange(CLOSING_PING))[0].body == b'{"pong":true}'
    said = process.logged()[logged:]
    assert "Traceback" not in said
    assert said.count("\n") <= 1, "a line for a malformed request, no more"


@pytest.mark.parametrize("cut", range(1, len(SECOND), 7))
def test_a_request_behind_an_upgrade_that_is_cut_anywhere_is_never_mistaken(process, cut):
    """aiohttp drops what it has read behind an upgrade: what follows would be taken for the start of a request."""
    with process.connected() as connection:
        connection.sendall(SHAPES["upgrade_to_h2c"] + SECOND[:cut])
        first = connection.recv(65536)
        said = answers(first + process.rest_of(connection, SECOND[cut:]))
    assert [answer.status for answer in said] in ([200], [200, 200])


def test_pipelined_requests_are_answered_in_order_and_none_is_lost(process):
    waits = [(number * 37 % 100) / 1e4 for number in range(200)]
    requests = [b"GET /io/native?delay=%.4f HTTP/1.1\r\nHost: x\r\n\r\n" % wait for wait in waits]
    said = answers(process.exchange(b"".join(requests) + CLOSING_PING))
    assert len(said) == len(requests) + 1
    for wait, answer in zip(waits, said, strict=False):
        assert answer.body.endswith(b'"delay_s":%s}' % str(wait).encode()), (wait, answer.body)
    assert said[-1].body == b'{"pong":true}'


def test_pipelined_requests_of_all_kinds_are_answered_in_order(process):
    kinds = [
        (b"GET /io/callback?delay=0.02 HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"POST /ping HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
        (CHUNKED + b"3\r\nabc\r\n" + END, 405),
        (b"GET /io/executor?delay=x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    ]
    said = answers(process.exchange(b"".join(request for request, _ in kinds) * 3 + CLOSING_PING))
    assert [answer.status for answer in said] == [status for _, status in kinds] * 3 + [200]
