"""Before the move: `COOKIE_KEYS=keys python -m examples.notes.tornado_site 8001`; needs Tornado 6.6."""

import asyncio
import json
import sys
from typing import Any

from tornado import escape, web, websocket

from examples.login.secret_keys import read_keys

NOTES: dict[str, list[str]] = {}


class Site(web.RequestHandler):
    """What all handlers do alike."""

    def get_current_user(self) -> str | None:
        """Return who is logged in."""
        user = self.get_signed_cookie("user", min_version=2)
        return user.decode() if user else None

    def user(self) -> str:
        """Return who is logged in, or answer 403."""
        if not self.current_user:
            raise web.HTTPError(403)
        return str(self.current_user)


class Home(Site):
    """The page, with the message of the last request, shown once."""

    def get(self) -> None:  # noqa: D102  # a handler class is one route
        flash = self.get_signed_cookie("flash", min_version=2) or b""
        if flash:
            self.clear_cookie("flash")
        self.write(f"<p>{escape.xhtml_escape(flash)}</p><form>{self.xsrf_form_html()}</form>")


class Login(Site):
    """Log in; asking for a password is left out."""

    def post(self) -> None:  # noqa: D102  # a handler class is one route
        name = self.get_body_argument("name")
        if not name:
            raise web.HTTPError(400)
        self.set_signed_cookie("user", name, expires_days=30, httponly=True, samesite="Lax")
        self.set_signed_cookie("flash", f"Welcome, {name}.", expires_days=None, httponly=True)
        self.redirect("/")


class Api(Site):
    """The notes of a user, as JSON."""

    def get(self) -> None:  # noqa: D102  # a handler class is one route
        self.write({"notes": NOTES.get(self.user(), [])})

    def post(self) -> None:  # noqa: D102  # a handler class is one route
        NOTES.setdefault(self.user(), []).append(str(json.loads(self.request.body)["text"]))
        self.set_status(201)


class Upload(Site):
    """How large a file is."""

    def post(self) -> None:  # noqa: D102  # a handler class is one route
        self.user()
        (file,) = self.request.files["file"]
        self.write({"name": file["filename"], "bytes": len(file["body"])})


class Socket(websocket.WebSocketHandler, Site):
    """Greets the user who is logged in; Tornado refuses pages of other sites."""

    def open(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: D102  # Tornado's name
        self.write_message(f"Hello, {self.current_user}.")
        self.close()


def make_app() -> web.Application:
    """Return the site."""
    keys = read_keys()
    routes = [("/", Home), ("/login", Login), ("/api/notes", Api), ("/upload", Upload), ("/ws", Socket)]
    return web.Application(
        routes, cookie_secret=keys, key_version=max(keys), xsrf_cookies=True, cross_origin_protection=True
    )


async def main(port: int) -> None:
    """Serve until interrupted."""
    make_app().listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
