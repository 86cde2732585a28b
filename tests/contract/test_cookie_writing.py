"""Cookies over HTTP, written, on both servers: the bytes of each line, and what is refused instead."""

import json
import re
import time
from email.utils import parsedate_to_datetime

import pytest
from on_cookies import EPOCH, ask, put, read


async def test_the_answer_to_a_write_has_no_body_and_says_nothing_of_one(server):
    answer = await put(server)
    names = {name for name, _ in answer.headers} - {"Date", "Server", "Connection"}
    assert (answer.status, answer.body) == (204, b"")
    assert names == {"Set-Cookie", "X-Content-Type-Options", "Cache-Control"}


@pytest.mark.parametrize(
    ("attributes", "header"),
    [
        ({}, "a=b; Path=/"),
        ({"path": None}, "a=b"),
        ({"path": ""}, "a=b"),
        ({"path": "/x", "domain": "example.com"}, "a=b; Domain=example.com; Path=/x"),
        ({"max_age": 0}, "a=b; Max-Age=0; Path=/"),
        ({"max_age": -1}, "a=b; Max-Age=-1; Path=/"),
        ({"max_age": 34560000}, "a=b; Max-Age=34560000; Path=/"),
        ({"expires": 0}, f"a=b; expires={EPOCH}; Path=/"),
        ({"expires": 1}, "a=b; expires=Thu, 01 Jan 1970 00:00:01 GMT; Path=/"),
        ({"expires": "1970-01-01T01:00:02+01:00"}, "a=b; expires=Thu, 01 Jan 1970 00:00:02 GMT; Path=/"),
        ({"expires": [1970, 1, 1, 0, 0, 3, 0, 0, 0]}, "a=b; expires=Thu, 01 Jan 1970 00:00:03 GMT; Path=/"),
        ({"expires": 1, "expires_days": 9}, "a=b; expires=Thu, 01 Jan 1970 00:00:01 GMT; Path=/"),
        ({"expires_days": None}, "a=b; Path=/"),
        ({"httponly": True, "secure": True}, "a=b; HttpOnly; Path=/; Secure"),
        ({"samesite": "Lax"}, "a=b; Path=/; SameSite=Lax"),
        ({"samesite": "None", "secure": True}, "a=b; Path=/; SameSite=None; Secure"),
        ({"partitioned": True, "secure": True}, "a=b; Partitioned; Path=/; Secure"),
    ],
    ids=str,
)
async def test_both_servers_write_these_bytes(server, attributes, header):
    assert (await put(server, **attributes)).set_cookie == [header]


@pytest.mark.parametrize(
    ("value", "spelled"),
    [("", '""'), ("x=y", '"x=y"'), ("a:b", "a:b"), ("x/y", '"x/y"'), ("~!#$%&'*+-.^_`|", "~!#$%&'*+-.^_`|")],
)
async def test_a_value_is_spelled_as_both_read_it_back(server, value, spelled):
    (header,) = (await put(server, value=value)).set_cookie
    assert header == f"a={spelled}; Path=/"
    assert await read(server, header.split(";")[0].encode()) == {"a": value}


@pytest.mark.parametrize("name", ["__Host-a", "__Secure-a"])
async def test_a_prefix_is_set_with_all_it_requires(server, name):
    answer = await put(server, name, secure=True)
    assert answer.set_cookie == [f"{name}=b; Path=/; Secure"]


async def test_days_are_counted_from_now(server):
    before = int(time.time())
    (header,) = (await put(server, expires_days=10)).set_cookie
    moment = parsedate_to_datetime(re.fullmatch("a=b; expires=(.*); Path=/", header)[1]).timestamp()
    assert before <= moment - 10 * 86400 <= time.time()


HOSTILE = [" ", "\t", "\0", "\x7f", "é", ";", '"', ",", "\\", "\r\nX: y"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_a_value_that_is_no_cookie_octets_is_refused(server, text):
    assert (await put(server, value=f"x{text}y")).error == (400, "invalid_cookie", "value")


@pytest.mark.parametrize("text", [" ", "\x7f", "é", ";", "; HttpOnly", "\r\nX: y"], ids=ascii)
@pytest.mark.parametrize("field", ["path", "domain", "samesite"])
@pytest.mark.parametrize("to", ["cookies", "signed"])
async def test_no_attribute_injects_another(server, to, field, text):
    # Tornado CVE-2026-35536 and CVE-2026-91991; aiohttp's own set_cookie lets `;` through to this day
    answer = await put(server, to=to, **{field: f"/x{text}"})
    assert answer.error == (400, "invalid_cookie", field)


@pytest.mark.parametrize("field", ["max_age", "expires_days"])
async def test_no_number_is_text(server, field):
    # Tornado CVE-2026-123535
    answer = await put(server, **{field: "1; HttpOnly"})
    assert answer.error == (400, "invalid_body", field)


@pytest.mark.parametrize(
    "name", ["a%20b", "a%3Bb", "a%2Fb", "%C3%A9", "%00", "a%22", "path", "Expires", "%ff"]
)
@pytest.mark.parametrize("to", ["cookies", "signed"])
async def test_a_name_no_browser_sends_back_is_refused(server, to, name):
    assert (await put(server, name, to=to)).error == (400, "invalid_cookie", "name")
    if to == "cookies":
        assert (await ask(server, f"DELETE /cookies/{name}")).error == (400, "invalid_cookie", "name")


@pytest.mark.parametrize(
    ("name", "value", "attributes", "field", "message"),
    [
        (
            "__Host-a",
            "b",
            {},
            "name",
            "The cookie's name with the prefix __Secure- or __Host- requires secure.",
        ),
        ("__secure-a", "b", {}, "name", "requires secure."),
        ("__Host-a", "b", {"secure": True, "path": "/x"}, "name", "requires the path / and no domain."),
        ("__Host-a", "b", {"secure": True, "domain": "x.org"}, "name", "requires the path / and no domain."),
        ("__Http-a", "b", {"secure": True}, "name", "__Http- or __Host-Http- requires httponly."),
        ("__Host-Http-a", "b", {"httponly": True}, "name", "__Http- or __Host-Http- requires secure."),
        *[
            (
                "a",
                "b",
                {"domain": domain},
                "domain",
                "must be a host name without a port, such as example.com.",
            )
            for domain in ("localhost:8001", ":::", ".", "a/b", "-a.com", "a-.com", "a..b")
        ],
        ("a", "b", {"domain": "d" * 254}, "domain", "The cookie's domain may have at most 253 characters."),
        ("a", "b", {"path": "x"}, "path", "must begin with /, or browsers take the path of the request."),
        ("a", "b", {"samesite": "None"}, "samesite", "The cookie's samesite None requires secure."),
        ("a", "b", {"samesite": "x"}, "samesite", "The cookie's samesite must be Strict, Lax or None."),
        ("a", "b", {"partitioned": True}, "partitioned", "The cookie's partitioned requires secure."),
        ("a", "b", {"max_age": 34560001}, "max_age", "34560000 seconds (400 days)."),
        ("a", "b", {"expires_days": 401}, "expires_days", "must not lie more than 400 days ahead."),
        (
            "a",
            "b",
            {"expires": 1e12},
            "expires",
            "must be a number, a time tuple or a datetime of our calendar.",
        ),
        ("a", "b", {"expires": 9e9}, "expires", "must not lie more than 400 days ahead."),
        ("a", "b" * 4096, {}, "value", "The cookie's value and name may have at most 4096 bytes together."),
        ("a", "b", {"path": "/" + "x" * 1024}, "path", "The cookie's path may have at most 1024 bytes."),
    ],
    ids=str,
)
async def test_what_a_browser_would_drop_is_refused_by_field_and_rule(
    server, name, value, attributes, field, message
):
    answer = await put(server, name, value, **attributes)
    assert answer.error == (400, "invalid_cookie", field)
    assert json.loads(answer.body)["error"]["message"].endswith(message)


async def test_the_longest_cookie_a_browser_keeps_is_sent(server):
    (header,) = (await put(server, value="b" * 4095)).set_cookie
    assert header == f"a={'b' * 4095}; Path=/"
