"""`GET` and `POST /form` on both servers: a form that only this site's pages can send."""

import json
import re
from urllib.parse import quote

import pytest
from conftest import InProcess

from compare.contract import Server
from compare.contract.settings import Settings
from compare.work.loading import load
from tornado_cookies import xsrf

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def token_in(page: str) -> str:
    (token,) = re.findall(r'<input type="hidden" name="_xsrf" value="([^"]+)"/>', page)
    return token


async def page_of(server, **headers) -> tuple[str, str | None]:
    """The token in the page, and the `Set-Cookie` value that came with it."""
    answer = await server.get("/form", headers=headers)
    assert (answer.status, answer.content_type) == (200, "text/html")
    return token_in(await answer.text()), answer.headers.get("Set-Cookie")


async def sent(server, body: str, cookie: str | None = None, path: str = "/form", **headers):
    """Post a form; return the status and the note, or the code and the message of the refusal."""
    if cookie is not None:
        headers["Cookie"] = f"_xsrf={cookie}"
    answer = await server.post(
        path, data=body.encode(), headers={**FORM, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )
    said = json.loads(await answer.read())
    return (
        (answer.status, said["note"])
        if "note" in said
        else (answer.status, said["error"]["code"], said["error"]["message"])
    )


MISSING = (403, "xsrf_failed", "'_xsrf' argument missing from POST.")
INVALID = (403, "xsrf_failed", "'_xsrf' argument has invalid format.")
MISMATCH = (403, "xsrf_failed", "XSRF cookie does not match POST argument.")
V1 = "00112233445566778899aabbccddeeff"


async def test_the_page_brings_a_token_and_its_cookie_and_masks_it_anew_for_a_browser_that_has_one(server):
    token, header = await page_of(server)
    assert header == f"_xsrf={token}; Path=/"
    again, none = await page_of(server, Cookie=f"_xsrf={token}")
    assert none is None
    assert again != token
    assert xsrf.decode(again).raw == xsrf.decode(token).raw
    assert again.startswith("2|")


@pytest.mark.parametrize("cookie", ["3|x", "2|1|2", "2|00|00|x", ""])
async def test_a_cookie_that_is_no_token_is_replaced(server, cookie):
    _, header = await page_of(server, Cookie=f"_xsrf={cookie}")
    assert header is not None


@pytest.mark.parametrize("where", ["field", "query", "X-Xsrftoken", "X-Csrftoken"])
async def test_a_form_with_its_token_is_taken(server, where):
    token, _ = await page_of(server)
    other, _ = await page_of(server, Cookie=f"_xsrf={token}")
    body = "note=+hello%C3%A9+" + (f"&_xsrf={quote(other)}" if where == "field" else "")
    path = f"/form?_xsrf={quote(other)}" if where == "query" else "/form"
    headers = {where: other} if where.startswith("X-") else {}
    assert await sent(server, body, token, path, **headers) == (200, "helloé")


@pytest.mark.parametrize(("cookie", "given"), [(V1, None), (None, V1), (V1, V1)])
async def test_both_formats_of_token_are_read(server, cookie, given):
    v2 = xsrf.encode(bytes.fromhex(V1), 1_700_000_000).decode()
    assert await sent(server, f"note=x&_xsrf={quote(given or v2)}", cookie or v2) == (200, "x")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ("", MISSING),
        ("%20", MISSING),
        ("3%7C", INVALID),
        (V1[:-1] + "0", MISMATCH),
        ("%FF", MISMATCH),
        ("2%7C1", INVALID),
    ],
)
async def test_a_form_without_its_token_is_refused_in_tornados_words(server, given, refusal):
    assert await sent(server, f"note=x&_xsrf={given}", V1) == refusal


async def test_a_token_without_its_cookie_is_refused(server):
    assert await sent(server, f"note=x&_xsrf={V1}") == MISMATCH


@pytest.mark.parametrize("kind", [FORM["Content-Type"].upper(), FORM["Content-Type"] + "; charset=nosuch"])
async def test_a_form_is_read_whatever_the_case_of_its_type_and_its_charset(server, kind):
    token, _ = await page_of(server)
    assert await sent(server, f"note=x&_xsrf={quote(token)}", token, Content_Type=kind) == (200, "x")


@pytest.mark.parametrize(("fields", "status"), [(998, 200), (999, 400), (32_000, 400)])
async def test_a_form_of_more_than_1000_fields_is_not_read(server, fields, status, caplog):
    token, _ = await page_of(server)
    said = await sent(server, "&" * fields + f"note=x&_xsrf={quote(token)}", token)
    assert said[0] == status
    if status == 400:
        assert said[1] == "invalid_body"
        assert said[2].startswith("A form may have at most 1000 fields and no Content-Encoding")
    assert not caplog.records


async def test_a_form_that_is_encoded_once_more_is_not_read(server):
    token, _ = await page_of(server)
    said = await sent(server, f"note=x&_xsrf={quote(token)}", token, Content_Encoding="gzip")
    assert said[:2] == (400, "invalid_body")


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b", "text/plain", None])
async def test_another_body_brings_no_token_and_no_note(server, kind):
    headers = {"Content-Type": kind} if kind else {}
    body = b'--b\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n' + V1.encode() + b"\r\n--b--\r\n"
    for token, status, code in ((None, 403, "xsrf_failed"), (V1, 400, "invalid_body")):
        more = {"X-Xsrftoken": token, "Cookie": f"_xsrf={V1}"} if token else {"Cookie": f"_xsrf={V1}"}
        answer = await server.post(
            "/form", data=body, headers=headers | more, skip_auto_headers=["Content-Type"]
        )
        assert (answer.status, json.loads(await answer.read())["error"]["code"]) == (status, code)


async def test_a_form_without_a_note_is_refused(server):
    status, code, message = await sent(server, f"_xsrf={V1}", V1)
    assert (status, code, message) == (
        400,
        "invalid_body",
        "The form must have a field note, e.g. note=hello.",
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_the_check_comes_before_the_method(server, method):
    assert (await server.request(method, "/form")).status == 403
    headers = {"Cookie": f"_xsrf={V1}", "X-Xsrftoken": V1}
    answer = await server.request(method, "/form", headers=headers)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


async def test_a_form_over_64_kib_is_refused(server):
    answer = await server.post("/form", data=b"note=" + b"x" * 65536, headers=FORM)
    assert answer.status == 413


async def test_a_form_of_either_server_is_taken_by_the_other(server_name, start, aiohttp_client, secret_file):
    ours = await start()
    other_name = Server.AIOHTTP if server_name is Server.TORNADO else Server.TORNADO
    other = await aiohttp_client(
        InProcess(Settings(other_name, port=0, cookie_secret_file=str(secret_file)), load("sleep"))
    )
    token, _ = await page_of(ours)
    assert await sent(other, f"note=x&_xsrf={quote(token)}", token) == (200, "x")
