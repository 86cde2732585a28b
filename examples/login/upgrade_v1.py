"""Users who still carry format 1 stay logged in, and carry format 2 from their next request on.

Format 1 has no key version: read it with the plain secret it was signed with, before you rotate.
"""

from aiohttp import web

from tornado_cookies.aiohttp import Cookies, cookies_of, setup


def user_of(cookies: Cookies) -> bytes | None:
    """Return the logged-in user; sign anew, in format 2, what still is in format 1."""
    user = cookies.get_signed_cookie("user", min_version=1)
    if user is not None and cookies.get_signed_cookie("user", min_version=2) is None:
        cookies.set_signed_cookie("user", user, httponly=True, secure=True, samesite="Lax")
    return user


async def home(request: web.Request) -> web.Response:
    """Greet the user who is logged in."""
    user = user_of(cookies_of(request))
    return web.Response(text=f"Hello, {user.decode()}." if user else "Who are you?")


def make_app(secret: str) -> web.Application:
    """Return a site of one page."""
    app = web.Application()
    setup(app, secret)
    app.router.add_get("/", home)
    return app
