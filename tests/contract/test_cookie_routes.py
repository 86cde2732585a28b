"""Cookies over HTTP, read and cleared, on both servers: header bytes read off a raw socket."""

import json
import re
import time
from email.utils import parsedate_to_datetime

import pytest
from on_cookies import Answer, ask, put, read

# --- reading


async def test_what_the_browser_sent_is_listed_by_name(server):
    answer = await ask(server, "GET /cookies", b"b=1; a=2")
    assert answer.body == b'{"cookies":{"a":"2","b":"1"}}'


@pytest.mark.parametrize(
    ("lines", "cookies"),
    [
        ([], {}),
        ([b""], {}),
        ([b"a=1", b"b=2"], {"a": "1", "b": "2"}),  # several lines: joined by `; `
        ([b"session=good; a=x session=evil"], {"session": "good", "a": "x session=evil"}),
        ([b"a=x,b=y"], {"a": "x,b=y"}),
        ([b'a="x; b=y"'], {"a": '"x', "b": 'y"'}),
        ([b"a=1; a=2"], {"a": "2"}),
        ([b"a=1", b"a=2"], {"a": "2"}),
        ([b"a b=1; a/b=2; =3; x"], {}),
        ([b"path=1; Domain=2; PARTITIONED=3; ok=4"], {"ok": "4"}),
        (["a=é".encode()], {"a": "é"}),
        ([b"a=\xe9"], {"a": "é"}),
        (["a=é".encode() + b"; b=\xe9"], {"a": "é", "b": "é"}),
        ([b'a="x\\073y\\"z"'], {"a": 'x;y"z'}),
        ([b"a=x\\073y"], {"a": "x\\073y"}),
        ([b"a=x=y"], {"a": "x=y"}),
        ([b"a="], {"a": ""}),
    ],
)
async def test_both_servers_read_the_same_cookies_from_the_same_bytes(server, lines, cookies):
    assert await read(server, *lines) == cookies


async def test_one_cookie_is_told_by_name(server):
    answer = await ask(server, "GET /cookies/a?default=x", b"a=1")
    assert answer.body == b'{"name":"a","value":"1"}'


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/cookies/b", '{"name":"b","value":null}'),
        ("/cookies/b?default=x%20y", '{"name":"b","value":"x y"}'),
        ("/cookies/b?default=", '{"name":"b","value":""}'),
        ("/cookies/a%2Fb?default=x", '{"name":"a/b","value":"x"}'),  # can never be a cookie: it is absent
        ("/cookies/%C3%A9", '{"name":"é","value":null}'),
        ("/cookies/%ff", '{"name":"\ufffd","value":null}'),
        ("/signed/b?default=x", '{"name":"b","value":"x","key_version":null}'),
        ("/signed/b", '{"name":"b","value":null,"key_version":null}'),
    ],
)
async def test_an_absent_cookie_is_the_default_or_null(server, target, body):
    assert (await ask(server, f"GET {target}", b"a=1")).body == body.encode()


@pytest.mark.parametrize("name", ["%61", "a"])
async def test_a_name_is_percent_decoded_once(server, name):
    assert json.loads((await ask(server, f"GET /cookies/{name}", b"a=1")).body)["value"] == "1"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("GET /cookies/a?default=x&default=y", "default"),
        ("GET /signed/a?default=x&default=y", "default"),
        ("GET /signed/a?max_age_days=1&max_age_days=1", "max_age_days"),
        ("GET /signed/a?max_age_days=-1", "max_age_days"),
        ("DELETE /cookies/a?path=/&path=/", "path"),
        ("DELETE /cookies?domain=a&domain=b", "domain"),
        ("DELETE /cookies/a?secure=1", "secure"),
    ],
)
async def test_a_bad_parameter_is_refused_and_named(server, line, field):
    assert (await ask(server, line, b"a=1")).error == (400, "invalid_parameter", field)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/cookies", "DELETE, GET, HEAD"),
        ("/cookies/a", "DELETE, GET, HEAD, PUT"),
        ("/signed/a", "GET, HEAD, PUT"),
    ],
)
async def test_a_wrong_method_is_told_which_are_allowed(server, path, allowed):
    answer = await ask(server, f"POST {path}", body=b"")
    assert answer.error == (405, "method_not_allowed", None)
    assert ("Allow", allowed) in answer.headers


@pytest.mark.parametrize("path", ["/cookies", "/cookies/a", "/signed/a"])
async def test_head_works_wherever_get_does(server, path):
    get, head = [await ask(server, f"{method} {path}", b"a=1") for method in ("GET", "HEAD")]
    assert (head.status, head.body) == (200, b"")
    assert dict(head.headers)["Content-Length"] == str(len(get.body))


@pytest.mark.parametrize("path", ["/cookies/", "/cookies/a/b", "/signed", "/signed/", "/signed/a/b"])
async def test_no_name_or_two_are_no_path(server, path):
    assert (await ask(server, f"GET {path}")).error == (404, "not_found", None)


async def test_malformed_cookies_log_nothing(server, caplog):
    # aiohttp's own parser writes a line for each (CVE-2025-69230)
    caplog.set_level("DEBUG")
    hostile = b"; ".join(b'\xff[%d]=x; a b=1; ="; @' % number for number in range(500))
    for path in ("/cookies", "/cookies/a", "/signed/a", "/ping"):
        assert (await ask(server, f"GET {path}", hostile, b"a=2|x")).status == 200
    assert [record for record in caplog.records if record.name.startswith(("aiohttp", "tornado"))] == []


# --- bodies


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"value=b", "body"),
        (b"[]", "body"),
        (b'{"value":"b"', "body"),
        (b'{"value":1}', "value"),
        (b"{}", "value"),
        (b'{"value":"b","colour":"red"}', "colour"),
        (b'{"value":"b","secure":"yes"}', "secure"),
        (b"[" * 65536, "body"),
        (b'{"value":"\xff"}', "value"),
    ],
    ids=lambda part: part[:30],
)
@pytest.mark.parametrize("path", ["/cookies/a", "/signed/a"])
async def test_a_bad_body_is_refused_and_the_field_named(server, path, body, field):
    assert (await ask(server, f"PUT {path}", body=body)).error == (400, "invalid_body", field)


async def put_as(server, content_type: str) -> Answer:
    body = b'{"value":"b"}'
    headers = f"{content_type}Content-Length: {len(body)}\r\n\r\n".encode()
    return Answer(await server.send(b"PUT /cookies/a HTTP/1.1\r\n" + headers + body))


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON ; charset=utf-8"])
async def test_a_body_that_is_called_json_is_read(server, kind):
    assert (await put_as(server, f"Content-Type: {kind}\r\n")).set_cookie == ["a=b; Path=/"]


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "x", None]
)
async def test_what_a_foreign_form_could_send_is_no_json(server, kind):
    answer = await put_as(server, f"Content-Type: {kind}\r\n" if kind else "")
    assert answer.error == (400, "invalid_body", "Content-Type")


async def test_a_body_in_chunks_is_read(server):
    chunks = b'8\r\n{"value"\r\n5\r\n:"b"}\r\n0\r\n\r\n'
    answer = Answer(
        await server.send(
            b"PUT /cookies/a HTTP/1.1\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + chunks
        )
    )
    assert answer.set_cookie == ["a=b; Path=/"]


@pytest.mark.parametrize("path", ["/cookies/a", "/signed/a"])
async def test_64_kib_are_read_and_one_byte_more_is_not(server, path):
    body = b'{"value":"b"}'
    answer = await ask(server, f"PUT {path}", body=body.ljust(65536))
    assert answer.status == 204
    answer = await ask(server, f"PUT {path}", body=body.ljust(65537))
    assert answer.error == (413, "body_too_large", "body")


async def test_chunks_of_more_than_64_kib_are_refused(server):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    request = b"PUT /cookies/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 2 + b"0\r\n\r\n"
    assert Answer(await server.send(request)).error == (413, "body_too_large", "body")


async def test_a_body_that_never_ends_is_hung_up_on(server, monkeypatch):
    monkeypatch.setattr(f"compare.{server.name}_impl.bodies.BODY_TIMEOUT_S", 0.05)
    answer = await server.send(b"PUT /cookies/a HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
    assert answer == b""


# --- clearing


def past(header: str) -> str:
    """Replace the date, once it is seen to be a year ago."""
    date = re.search("expires=([^;]*)", header)[1]
    assert abs(parsedate_to_datetime(date).timestamp() - (time.time() - 365 * 86400)) < 60
    return header.replace(date, "PAST")


@pytest.mark.parametrize(
    ("target", "header"),
    [
        ("a", 'a=""; expires=PAST; Path=/'),
        ("a?path=", 'a=""; expires=PAST'),
        ("a?path=/x&domain=x.org", 'a=""; Domain=x.org; expires=PAST; Path=/x'),
        (
            "a?secure=true&httponly=true&samesite=None&partitioned=true",
            'a=""; expires=PAST; HttpOnly; Partitioned; Path=/; SameSite=None; Secure',
        ),
        ("__Secure-a", '__Secure-a=""; expires=PAST; Path=/; Secure'),
        ("__Host-a?secure=false", '__Host-a=""; expires=PAST; Path=/; Secure'),
    ],
)
async def test_clearing_empties_the_cookie_and_dates_it_back(server, target, header):
    answer = await ask(server, f"DELETE /cookies/{target}")
    assert answer.status == 204
    assert [past(line) for line in answer.set_cookie] == [header]


async def test_clearing_all_clears_each_cookie_that_came_and_skips_hostile_names(server):
    answer = await ask(server, "DELETE /cookies?path=/x", b"b=1; a/b=2; path=3; a=4", b"__Host-h=5; b=6")
    assert [past(line) for line in answer.set_cookie] == [
        'b=""; expires=PAST; Path=/x',
        'a=""; expires=PAST; Path=/x',
        '__Host-h=""; expires=PAST; Path=/; Secure',
    ]


async def test_clearing_all_clears_no_more_than_a_browser_holds(server):
    answer = await ask(server, "DELETE /cookies", "; ".join(f"n{i}=" for i in range(7000)).encode())
    assert (answer.status, len(answer.set_cookie)) == (204, 180)


async def test_clearing_all_of_nothing_is_done_at_once(server):
    answer = await ask(server, "DELETE /cookies")
    assert (answer.status, answer.set_cookie) == (204, [])


@pytest.mark.parametrize("path", ["/cookies", "/cookies/a"])
@pytest.mark.parametrize("field", ["path", "domain", "samesite"])
async def test_a_clearing_that_would_inject_is_refused(server, path, field):
    answer = await ask(server, f"DELETE {path}?{field}=x;HttpOnly", b"a=1; b=2")
    assert answer.error == (400, "invalid_cookie", field)


# --- for the page: the lines that scripts cannot see


async def asked_for_lines(server, line: str, *cookie_lines: bytes, body: bytes = b"") -> dict:
    head = f"{line} HTTP/1.1\r\nX-Cookie-Lines: show\r\nContent-Length: {len(body)}\r\n".encode()
    head += b"".join(b"Cookie: %b\r\n" % line for line in cookie_lines)
    head += b"Content-Type: application/json\r\n" if body else b""
    (said,) = [
        value
        for name, value in Answer(await server.send(head + b"\r\n" + body)).headers
        if name == "X-Cookie-Lines"
    ]
    return json.loads(said)


async def test_lines_are_shown_to_who_asks_as_they_came_and_went(server):
    said = await asked_for_lines(
        server, "PUT /cookies/a", b"x=1; y=\xc3\xa9", b"z", body=b'{"value":"b","httponly":true}'
    )
    assert said == {"cookie": ["x=1; y=é", "z"], "set_cookie": ["a=b; HttpOnly; Path=/"]}
    assert await asked_for_lines(server, "PUT /cookies/a", body=b"[]") == {"cookie": [], "set_cookie": []}
    assert not [name for name, _ in (await put(server)).headers if name == "X-Cookie-Lines"]


async def test_no_lines_make_the_answers_head_large(server):
    names = "; ".join(f"c{number}=" + "v" * 90 for number in range(40)).encode()
    said = await asked_for_lines(server, "DELETE /cookies", names, *[b"a=b"] * 15)
    assert len(said["cookie"]) == len(said["set_cookie"]) == 10
    assert max(map(len, said["cookie"])) == 500
