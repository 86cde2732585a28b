"""Moved to aiohttp: `COOKIE_KEYS=keys python -m examples.notes.aiohttp_site 8002`."""

import html
import sys

from aiohttp import web

from examples.login.secret_keys import read_keys
from tornado_cookies.aiohttp import cookies_of, setup

NOTES: dict[str, list[str]] = {}


def current_user(request: web.Request) -> str | None:
    """Return who is logged in."""
    user = cookies_of(request).get_signed_cookie("user", min_version=2)
    return user.decode() if user else None


def user_of(request: web.Request) -> str:
    """Return who is logged in, or answer 403."""
    user = current_user(request)
    if not user:
        raise web.HTTPForbidden
    return user


async def home(request: web.Request) -> web.Response:
    """Show the page, with the message of the last request, once."""
    own = cookies_of(request)
    flash = own.get_signed_cookie("flash", min_version=2) or b""
    if flash:
        own.clear_cookie("flash")
    page = f"<p>{html.escape(flash.decode())}</p><form>{own.xsrf_form_html()}</form>"
    return web.Response(text=page, content_type="text/html")


async def login(request: web.Request) -> web.Response:
    """Log in; asking for a password is left out."""
    name = str((await request.post()).get("name", "")).strip()
    if not name:
        raise web.HTTPBadRequest
    own = cookies_of(request)
    own.set_signed_cookie("user", name, expires_days=30, httponly=True, samesite="Lax")
    own.set_signed_cookie("flash", f"Welcome, {name}.", expires_days=None, httponly=True)
    raise web.HTTPFound("/")


async def read_notes(request: web.Request) -> web.Response:
    """Return the notes of a user, as JSON."""
    return web.json_response({"notes": NOTES.get(user_of(request), [])})


async def add_note(request: web.Request) -> web.Response:
    """Add a note."""
    NOTES.setdefault(user_of(request), []).append(str((await request.json())["text"]))
    return web.Response(status=201)


async def upload(request: web.Request) -> web.Response:
    """Say how large a file is."""
    user_of(request)
    file = (await request.post()).get("file")
    if not isinstance(file, web.FileField):
        raise web.HTTPBadRequest
    return web.json_response({"name": file.filename, "bytes": len(file.file.read())})


async def socket(request: web.Request) -> web.WebSocketResponse:
    """Greet the user who is logged in; `cross_origin_protection` refuses pages of other sites."""
    response = web.WebSocketResponse()
    await response.prepare(request)
    await response.send_str(f"Hello, {current_user(request)}.")
    await response.close()
    return response


def make_app() -> web.Application:
    """Return the site."""
    keys = read_keys()
    app = web.Application()
    setup(app, keys, max(keys), xsrf_cookies=True, cross_origin_protection=True)
    app.add_routes(
        [
            web.get("/", home),
            web.post("/login", login),
            web.get("/api/notes", read_notes),
            web.post("/api/notes", add_note),
            web.post("/upload", upload),
            web.get("/ws", socket),
        ]
    )
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(sys.argv[1]))
