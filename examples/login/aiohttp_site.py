"""A login in aiohttp, after the move: `COOKIE_KEYS=keys python -m examples.login.aiohttp_site 8002`.

Same routes, same cookies and same environment as `tornado_site.py`: each knows whom the other has logged in.
"""

import os
import sys

from aiohttp import web

from examples.login.secret_keys import read_keys
from tornado_cookies.aiohttp import cookies_of, setup


async def home(request: web.Request) -> web.Response:
    """Greet the user who is logged in."""
    user = cookies_of(request).get_signed_cookie("user", min_version=2)
    return web.Response(text=f"Hello, {user.decode()}." if user else "Who are you?")


async def login(request: web.Request) -> web.Response:
    """Log in; asking for a password is left out."""
    name = str((await request.post()).get("name", "")).strip()
    if not name:
        raise web.HTTPBadRequest(text="Who are you?")
    cookies_of(request).set_signed_cookie("user", name, httponly=True, secure=True, samesite="Lax")
    raise web.HTTPFound("/")


async def logout(request: web.Request) -> web.Response:
    """Log out."""
    cookies_of(request).clear_cookie("user")
    raise web.HTTPFound("/")


def make_app() -> web.Application:
    """Return the site."""
    keys = read_keys()
    key_version = int(os.environ.get("COOKIE_KEY_VERSION", max(keys)))
    app = web.Application()
    setup(app, keys, key_version)
    app.add_routes([web.get("/", home), web.post("/login", login), web.post("/logout", logout)])
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(sys.argv[1]))
