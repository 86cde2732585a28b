"""The same login in FastAPI: `COOKIE_KEYS=keys python -m examples.login.fastapi_site 8003`; needs fastapi and uvicorn.

Same routes, same cookies and same environment as `tornado_site.py` and `aiohttp_site.py`.
"""

import os
import sys
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import PlainTextResponse, RedirectResponse

from examples.login.secret_keys import read_keys
from tornado_cookies.asgi import TornadoCookies, cookies_of

site = FastAPI()


@site.get("/")
def home(request: Request) -> PlainTextResponse:
    """Greet the user who is logged in."""
    user = cookies_of(request).get_signed_cookie("user", min_version=2)
    return PlainTextResponse(f"Hello, {user.decode()}." if user else "Who are you?")


@site.post("/login")
def login(request: Request, name: Annotated[str, Form()] = "") -> RedirectResponse:
    """Log in; asking for a password is left out."""
    if not name.strip():
        raise HTTPException(400)
    cookies_of(request).set_signed_cookie("user", name.strip(), httponly=True, secure=True, samesite="Lax")
    return RedirectResponse("/", 302)


@site.post("/logout")
def logout(request: Request) -> RedirectResponse:
    """Log out."""
    cookies_of(request).clear_cookie("user")
    return RedirectResponse("/", 302)


def make_app() -> TornadoCookies:
    """Return the site."""
    keys = read_keys()
    return TornadoCookies(site, keys, int(os.environ.get("COOKIE_KEY_VERSION", max(keys))))


if __name__ == "__main__":
    uvicorn.run(make_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
