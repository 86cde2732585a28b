"""Requests to the cookie routes, their answers as the bytes that came."""

import json

from running import SECRET as VARIABLES

SECRET = VARIABLES["COMPARE_COOKIE_SECRET"]
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


class Answer:
    """An answer as its bytes."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ")[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines]

    @property
    def set_cookie(self) -> list[str]:
        return [value for name, value in self.headers if name == "Set-Cookie"]

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and field; a client that is refused gets no cookie."""
        assert self.set_cookie == []
        error = json.loads(self.body)["error"]
        return self.status, error["code"], error["field"]


async def ask(server, line: str, *cookie_lines: bytes, body: bytes | None = None) -> Answer:
    request = f"{line} HTTP/1.1\r\n".encode() + b"".join(b"Cookie: %b\r\n" % line for line in cookie_lines)
    if body is not None:
        request += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return Answer(await server.send(request + b"\r\n" + (body or b"")))


async def put(server, name: str = "a", value: str = "b", *, to: str = "cookies", **attributes) -> Answer:
    body = json.dumps({"value": value} | attributes).encode()
    return await ask(server, f"PUT /{to}/{name}", body=body)


async def read(server, *lines: bytes) -> dict[str, str]:
    answer = await ask(server, "GET /cookies", *lines)
    assert answer.status == 200
    return json.loads(answer.body)["cookies"]


async def read_signed(server, cookie: str | bytes, query: str = "", name: str = "a") -> dict:
    cookie = cookie.encode() if isinstance(cookie, str) else cookie
    answer = await ask(server, f"GET /signed/{name}{query}", name.encode() + b"=" + cookie)
    assert answer.status == 200
    return json.loads(answer.body)
