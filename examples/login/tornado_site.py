"""A login in Tornado, before the move: `COOKIE_KEYS=keys python -m examples.login.tornado_site 8001`.

The folder COOKIE_KEYS holds one secret per file, the file's name being its version: 0, 1, ... The highest signs,
or the one that COOKIE_KEY_VERSION names. `aiohttp_site.py` is the same site after the move.
"""

import asyncio
import os
import sys

from tornado import web

from examples.login.secret_keys import read_keys


class Home(web.RequestHandler):
    """Greet the user who is logged in."""

    def get(self) -> None:  # noqa: D102  # a handler class is one route
        user = self.get_signed_cookie("user", min_version=2)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(f"Hello, {user.decode()}." if user else "Who are you?")


class Login(web.RequestHandler):
    """Log in; asking for a password is left out."""

    def post(self) -> None:  # noqa: D102  # a handler class is one route
        name = self.get_body_argument("name")
        if not name:
            raise web.HTTPError(400)
        self.set_signed_cookie("user", name, httponly=True, secure=True, samesite="Lax")
        self.redirect("/")


class Logout(web.RequestHandler):
    """Log out."""

    def post(self) -> None:  # noqa: D102  # a handler class is one route
        self.clear_cookie("user")
        self.redirect("/")


def make_app() -> web.Application:
    """Return the site."""
    keys = read_keys()
    key_version = int(os.environ.get("COOKIE_KEY_VERSION", max(keys)))
    routes = [("/", Home), ("/login", Login), ("/logout", Logout)]
    return web.Application(routes, cookie_secret=keys, key_version=key_version)


async def main(port: int) -> None:
    """Serve until interrupted."""
    make_app().listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
