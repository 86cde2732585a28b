"""What a proxy or a client may notice on the wire when a site moves from Tornado to aiohttp: the table of the guide.

Each request of SHAPES goes as it is to a bare application of each framework and to both servers of this project; what
comes back is put into one phrase, and the shapes whose phrases differ between the bare ones make the table. What
differs in many answers alike (their version, `Allow`) is looked at in one shape each.
Run: ``python -m benchmarks.on_the_wire [--write]``; with --write it goes between the markers in docs/migration.md.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import tornado

from compare.contract import Server, read_ready

GUIDE = Path(__file__).parents[1] / "docs" / "migration.md"
BEGIN, END = "<!-- on the wire: python -m benchmarks.on_the_wire --write -->\n", "<!-- end -->\n"
QUIET_S = 0.6  # an answer that has not come by then is not on its way
GET = b"GET /ping HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /ping HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

SHAPES = {
    "an ordinary request": GET + b"\r\n",
    "HEAD where only GET is handled": b"HEAD /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "OPTIONS where only GET is handled": b"OPTIONS /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method that the route does not have": POST + b"Content-Length: 0\r\n\r\n",
    "a method nobody knows (`BREW`)": b"BREW /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path that is not there": b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with two slashes (`//ping`)": b"GET //ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with an escape (`/p%69ng`)": b"GET /p%69ng HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with dots (`/a/../ping`)": b"GET /a/../ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "an absolute target (`GET http://x/ping`)": b"GET http://x/ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target that is not ASCII": b"GET /ping?\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "`OPTIONS *`": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/1.0": b"GET /ping HTTP/1.0\r\nHost: x\r\n\r\n",
    "HTTP/1.0 with keep-alive": b"GET /ping HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/1.2": b"GET /ping HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no `Host`, as any malformed request": b"GET /ping HTTP/1.1\r\n\r\n",
    "two `Host`": GET + b"Host: y\r\n\r\n",
    "a `Host` with a path (`x/y`)": b"GET /ping HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "a `Host` with a user (`a@x`)": b"GET /ping HTTP/1.1\r\nHost: a@x\r\n\r\n",
    "an empty `Host`": b"GET /ping HTTP/1.1\r\nHost:\r\n\r\n",
    "`Connection: close`": GET + b"Connection: close\r\n\r\n",
    "lines ended by a bare LF": b"GET /ping HTTP/1.1\nHost: x\n\n",
    "one header ended by a bare LF": GET[:-2] + b"\nX: y\r\n\r\n",
    "a bare CR in a header": GET[:-2] + b"\rX: y\r\n\r\n",
    "empty lines before the request": b"\r\n\r\n" + GET + b"\r\n",
    "a folded header": GET + b"X: a\r\n b\r\n\r\n",
    "a space before a header's colon": GET + b"X : a\r\n\r\n",
    "a header without a colon": GET + b"nocolon\r\n\r\n",
    "a header's name not of a token": GET + b"X(y): a\r\n\r\n",
    "a header's value not ASCII": GET + b"X: \xff\xfe\r\n\r\n",
    "a NUL in a header": GET + b"X: a\x00b\r\n\r\n",
    "a header of 16 KB": GET + b"X: " + b"y" * 16_000 + b"\r\n\r\n",
    "headers of 70 KB": GET + b"".join(b"X-%d: %b\r\n" % (n, b"y" * 700) for n in range(100)) + b"\r\n",
    "a thousand headers": GET + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n",
    "a target of 10 KB": b"GET /ping?" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "two spaces in the request line": b"GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n",
    "`Expect: 100-continue`": POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "`Expect: 100-continue` of HTTP/1.0": POST.replace(b"1.1", b"1.0")
    + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "an unknown `Expect`": POST + b"Expect: magic\r\nContent-Length: 3\r\n\r\nabc",
    "an upgrade to h2c": GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "an upgrade to websocket where there is none": GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "CONNECT": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a body with GET": GET + b"Content-Length: 3\r\n\r\nabc",
    "a body in chunks": CHUNKED + b"3\r\nabc\r\n0\r\n\r\n",
    "a chunk with an extension": CHUNKED + b"3;a=b\r\nabc\r\n0\r\n\r\n",
    "a trailer after the chunks": CHUNKED + b"3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    "a chunk's size with a space": CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "`Transfer-Encoding: gzip, chunked`": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks of HTTP/1.0": b"POST /ping HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "`Content-Length` twice, the same": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "`Content-Length: 3, 3`": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "`Content-Length` twice, different": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "`Content-Length` and chunks": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "`Content-Length: +3`": POST + b"Content-Length: +3\r\n\r\nabc",
    "`Content-Encoding: gzip` over a body that is not gzip": POST
    + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "a form in parts without a boundary": POST
    + b"Content-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\nabc",
    "a client that half-closes after its request": GET + b"\r\n",
    "`If-None-Match: *`": GET + b"If-None-Match: *\r\n\r\n",
    "`Accept-Encoding: gzip`": GET + b"Accept-Encoding: gzip\r\n\r\n",
}
HALF_CLOSES = "a client that half-closes after its request"
VERSIONS = {"HTTP/1.0", "HTTP/1.0 with keep-alive", "no `Host`, as any malformed request"}
HEADERS = {"a method that the route does not have": "Allow", "HTTP/1.0 with keep-alive": "Connection"}


@contextmanager
def listening(*module: str) -> Iterator[int]:
    """Run a server module; yield its port."""
    environment = os.environ | {"COMPARE_COOKIE_SECRET": "x" * 32}
    with subprocess.Popen(
        [sys.executable, "-m", *module],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            yield int(line) if line.strip().isdigit() else int(read_ready(line).url.rpartition(":")[2])
        finally:
            server.terminate()


def answered(port: int, shape: str) -> str:
    """Send one shape; return the phrase for what came back: statuses, the first head's peculiarities, the end."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(QUIET_S)
        sock.sendall(SHAPES[shape])
        if shape == HALF_CLOSES:
            sock.shutdown(socket.SHUT_WR)
        came, closed = b"", False
        try:
            while chunk := sock.recv(65536):
                came += chunk
            closed = True
        except TimeoutError:
            pass
        except ConnectionError:
            closed = True
    return phrase(shape, came, closed=closed)


def phrase(shape: str, came: bytes, *, closed: bool) -> str:
    """Put an answer into words."""
    statuses = re.findall(rb"HTTP/1\.[01] (\d{3})", came)
    if not statuses:
        return "closed without an answer" if closed else "no answer, left open"
    said = ", ".join(status.decode() for status in statuses)
    last = came[came.rfind(b"HTTP/1.") :].partition(b"\r\n\r\n")[0]
    if shape in VERSIONS:
        said += f" in {last[:8].decode()}"
    if name := HEADERS.get(shape):
        found = re.search(rb"(?mi)^%b: (.*?)\r?$" % name.encode(), last)
        said += f", `{name}: {found[1].decode('latin-1')}`" if found else f", no `{name}`"
    return f"{said}; closed" if closed else said


def table() -> str:
    """Ask all four and return the table with its sentence."""
    modules = {
        ("bare", Server.TORNADO): ("benchmarks.bare_tornado",),
        ("bare", Server.AIOHTTP): ("benchmarks.bare_aiohttp",),
        ("ours", Server.TORNADO): ("compare.tornado_impl", "--port", "0", "--allow-host", "x"),
        ("ours", Server.AIOHTTP): ("compare.aiohttp_impl", "--port", "0", "--allow-host", "x"),
    }
    with ExitStack() as stack:
        ports = {key: stack.enter_context(listening(*module)) for key, module in modules.items()}
        said = {key: {shape: answered(port, shape) for shape in SHAPES} for key, port in ports.items()}
    rows = []
    for shape in SHAPES:
        bare = [said["bare", server][shape] for server in Server]
        ours = [said["ours", server][shape] for server in Server]
        if bare[0] != bare[1]:
            rows.append(
                f"| {shape} | {bare[0]} | {bare[1]} | {'the same' if ours[0] == ours[1] else 'not'} |"
            )
    return (
        f"Of {len(SHAPES)} shapes of request, {len(rows)} are answered otherwise by a bare application of aiohttp "
        f"{aiohttp.__version__} than by one of Tornado {tornado.version}; the last column says whether the two "
        "servers of this project, which were made to agree where it matters, answer the same.\n\n"
        f"| request | Tornado | aiohttp | here |\n|---|---|---|---|\n{chr(10).join(rows)}\n"
    )


def main() -> None:
    """Print the table, or put it into the guide."""
    made = table()
    if "--write" not in sys.argv:
        print(made)
        return
    before, _, rest = GUIDE.read_text().partition(BEGIN)
    GUIDE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
