"""What a request's headers alone decide, on both servers: whose page asks, under which name, and what is expected."""

import asyncio
import os
import socket
import struct
import subprocess

import pytest
from running import HANG_S, PING, SECRET, command, running, supervised
from wire import answers

from compare.contract import MAX_HEADER_BYTES, Server
from compare.contract.origins import Malformed, Origins

RESET = struct.pack("ii", 1, 0)
SECRETS = ("TOPSECRET-cookie", "TOPSECRET-token")


async def code(response) -> tuple[int, str]:
    return response.status, (await response.json())["error"]["code"]


# --- Host


@pytest.mark.parametrize(
    "host", ["localhost:8001", "LOCALHOST.", "app.localhost", "127.0.0.1", "[::1]:80", "10.1.2.3:4"]
)
async def test_on_loopback_addresses_and_loopback_names_are_served(server, host):
    assert (await server.get("/ping", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8001", "localhost.evil.example", "1.2.3.4.evil"]
)
async def test_on_loopback_another_name_is_misdirected(server, host):
    for path in ("/", "/ping", "/nowhere", "/io/native?delay=0"):
        assert await code(await server.get(path, headers={"Host": host})) == (421, "misdirected")
    assert (await server.stats())["completed"] == 0


async def test_a_name_that_is_allowed_is_served(start):
    server = await start(allow_host=("app.test",))
    assert (await server.get("/ping", headers={"Host": "App.Test:99"})).status == 200


def test_beyond_loopback_any_name_is_served_and_no_more_than_some_are_remembered():
    origins = Origins(guarded=False)
    for number in range(1000):
        origins.check("GET", "/", f"host{number}.example", {})
    origins.check("GET", "/", "x" * 60_000, {})
    assert len(origins.known) < 200
    with pytest.raises(Malformed):
        origins.check("GET", "/", "a b", {})


@pytest.mark.parametrize("host", [b"a b", b"u@evil", b"x/../", b"a,b", b"[::1", b'a"b'])
async def test_a_malformed_host_is_a_bare_400(server, host):
    said = answers(await server.send(b"GET /ping HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", closing=False))
    assert [(answer.status, answer.body) for answer in said] == [(400, b"")]


async def test_http_1_0_needs_no_host(server):
    assert b" 200 " in (await server.send(b"GET /ping HTTP/1.0\r\n\r\n", closing=False))


# --- another site's page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
async def test_another_sites_page_changes_nothing(server, method):
    for path in ("/cookies/a", "/cookies", "/signed/a", "/ping"):
        answer = await server.request(
            method, path, headers={"Sec-Fetch-Site": "cross-site"}, json={"value": "x"}
        )
        assert await code(answer) == (403, "xsrf_failed")
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("paradigm", ["blocking", "native"])
async def test_another_sites_image_holds_no_long_io(server, paradigm):
    answer = await server.get(f"/io/{paradigm}?delay=60", headers={"Sec-Fetch-Site": "cross-site"})
    assert await code(answer) == (403, "xsrf_failed")
    assert (await server.stats())["failed"] == 0


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
async def test_its_own_page_and_the_address_bar_may_ask_for_anything(server, site):
    headers = {"Sec-Fetch-Site": site}
    assert (await server.get("/io/native?delay=0", headers=headers)).status == 200
    assert (await server.put("/cookies/a", json={"value": "x"}, headers=headers)).status == 204


@pytest.mark.parametrize(
    ("page", "status"),
    [("http://localhost:1/", 200), ("http://localhost:2/", 403), ("http://evil.example:1/", 403), ("", 403)],
)
async def test_its_page_may_ask_by_another_name_below_localhost_of_the_same_port(server, page, status):
    headers = {"Sec-Fetch-Site": "cross-site", "Host": "w1.localhost:1", "Referer": page}
    assert (await server.get("/io/native?delay=0", headers=headers)).status == status
    assert (await server.delete("/cookies/a", headers=headers)).status == 403


async def test_a_link_from_another_site_leads_to_the_page(server):
    assert (await server.get("/", headers={"Sec-Fetch-Site": "cross-site"})).status == 200


@pytest.mark.parametrize("name", list(Server))
@pytest.mark.parametrize("options", [[], ["--demo-routes"]], ids=["refused", "demo"])
@pytest.mark.parametrize(
    ("how", "workers"), [(command, ()), (supervised, ("--workers", "2"))], ids=["one", "two"]
)
def test_beyond_loopback_a_server_with_secrets_does_not_sign_for_everybody(name, options, how, workers):
    if options:
        with running(name, "--host", "0.0.0.0", *workers, *options, how=how) as process:
            assert process.exchange(PING).endswith(b'{"pong":true}')
        return
    argv = how(name, "--port", "0", "--host", "0.0.0.0", *workers)
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=HANG_S, check=False, env=os.environ | SECRET
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Anybody who reaches 0.0.0.0 could have any value signed")
    assert "--demo-routes" in done.stderr


# --- Expect


@pytest.mark.parametrize("path", ["/ping", "/nowhere", "/cookies/a"])
async def test_an_unknown_expectation_is_a_417(server, path):
    assert await code(await server.get(path, headers={"Expect": "magic"})) == (417, "expectation_failed")


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_a_body_that_waits_for_100_continue_is_asked_for_unless_http_is_1_0(server, version):
    reader, writer = await asyncio.open_connection(server.host, server.port)
    body = b'{"value":"v"}'
    writer.write(
        b"PUT /cookies/a HTTP/%s\r\nHost: x\r\nConnection: close\r\nExpect: 100-Continue\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (version, len(body))
    )
    if version == b"1.1":
        assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    writer.write(body)
    rest = await reader.read()
    assert b" 204 " in rest
    assert version == b"1.1" or b" 100" not in rest
    writer.close()


@pytest.mark.parametrize("name", list(Server))
def test_a_client_that_resets_after_expecting_leaves_no_traceback(name):
    with running(name) as process:
        for _ in range(40):
            with process.connected() as client:
                client.sendall(
                    b"PUT /cookies/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
                )
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        assert process.exchange(PING).endswith(b'{"pong":true}')
        assert process.stop() == (0, "")


# --- bodies nobody reads


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /ping",
        b"POST /ping",
        b"GET /io/native?delay=0",
        b"DELETE /cookies",
        b"GET /nowhere",
        b"PUT /cookies/a",
    ],
)
async def test_192_kib_in_chunks_are_too_large_whoever_would_read_them(server, request_line):
    body = 3 * (b"10000\r\n" + b"x" * 65536 + b"\r\n") + b"0\r\n\r\n"
    said = answers(
        await server.send(request_line + b" HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    )
    assert [answer.status for answer in said] == [413]


async def test_a_request_whose_body_has_not_come_holds_no_slot(start, gate):
    server = await start(gate, max_in_flight=1)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET /io/native?delay=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
    for _ in range(5):
        assert (await server.stats())["in_flight"] == 0
    writer.write(b"x")
    await server.until(lambda stats: stats["in_flight"] == 1)
    gate.open()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    writer.close()


# --- what answers and logs repeat


MALFORMED = {
    "too_long": b"Cookie: sess=%s; %s\r\n" % (SECRETS[0].encode(), b"y" * MAX_HEADER_BYTES),
    "control_character": b"Authorization: Bearer %s\x01\r\n" % SECRETS[1].encode(),
    "null": b"Cookie: a=%s\x00\r\n" % SECRETS[0].encode(),
    "no_colon": SECRETS[1].encode() + b"\r\n",
    "folded": b"X: y\r\n " + SECRETS[1].encode() + b"\r\n",
    "name": b"%s\x7f: y\r\n" % SECRETS[1].encode(),
    "length": b"Content-Length: %s\r\n" % SECRETS[1].encode(),
    "version": b"",
}


@pytest.mark.parametrize("shape", MALFORMED)
async def test_neither_answer_nor_log_repeats_a_malformed_header(server, shape, caplog):
    caplog.set_level("DEBUG")
    version = SECRETS[1].encode() if shape == "version" else b"1.1"
    request = b"GET /ping HTTP/" + version + b"\r\nHost: x\r\n" + MALFORMED[shape] + b"\r\n"
    try:
        said = await server.send(request, closing=False)
    except ConnectionError:
        said = b""
    assert b"TOPSECRET" not in said
    assert "TOPSECRET" not in caplog.text


async def test_shared_caches_keep_no_answer_but_the_pages_files(server):
    for path in ("/ping", "/stats", "/cookies", "/cookies/a", "/io/native?delay=0", "/nowhere"):
        assert (await server.get(path)).headers["Cache-Control"] == "no-store"
    assert (await server.delete("/cookies/a")).headers["Cache-Control"] == "no-store"
    assert (await server.get("/")).headers["Cache-Control"] == "no-cache"


async def test_a_line_of_the_access_log_is_one_line_for_every_reader(start, caplog):
    caplog.set_level("INFO")
    server = await start(access_log=True)
    await server.send("GET /ping?\x85x HTTP/1.1\r\n\r\n".encode())
    lines = [record.getMessage() for record in caplog.records if record.name == "compare.access"]
    assert [len(line.splitlines()) for line in lines] == [1]
