"""The ASGI face without a server: what it makes of a scope."""

import subprocess
import sys

import pytest

from tornado_cookies.asgi import TornadoCookies, cookies_of


async def test_a_lifespan_passes_through():
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope)

    scope = {"type": "lifespan"}
    await TornadoCookies(app)(scope, None, None)
    assert seen == [scope]
    assert seen[0] is scope


async def test_without_the_middleware_it_says_what_is_missing():
    with pytest.raises(RuntimeError, match=r"Cookies need TornadoCookies\(app\) around the application"):
        cookies_of({"type": "http", "headers": []})


@pytest.mark.parametrize(
    ("hosts", "options", "words"),
    [
        # CVE-2026-48710: a Host with a path changes the URL that Starlette shows
        ([b"a/api/raw?x="], {"xsrf_cookies": True, "xsrf_exempt": ["/api/*"]}, "'_xsrf' argument missing"),
        ([b"a", b"b"], {"cross_origin_protection": True}, "Origin 'http://a' not allowed"),
    ],
)
async def test_a_malformed_host_opens_nothing(hosts, options, words):
    async def app(*_arguments):
        raise AssertionError("it was let in")

    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"origin", b"http://a"), *((b"host", host) for host in hosts)]
    scope = {"type": "http", "method": "POST", "path": "/form", "query_string": b"", "headers": headers}
    await TornadoCookies(app, **options)(scope, None, send)
    assert (sent[0]["status"], sent[1]["body"].decode()[: len(words)]) == (403, words)


async def test_a_client_that_leaves_in_the_middle_of_its_form_reaches_no_handler():
    async def app(*_arguments):
        raise AssertionError("nobody is there")

    messages = iter([{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(messages)

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    await TornadoCookies(app, xsrf_cookies=True)(scope, receive, None)


def test_it_needs_the_standard_library_alone():
    code = (
        "import sys, tornado_cookies.asgi as _; print({'starlette', 'aiohttp', 'tornado'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
