"""Moved to FastAPI: `COOKIE_KEYS=keys python -m examples.notes.fastapi_site 8003`; needs fastapi and uvicorn."""

import html
import sys
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Form, HTTPException, Request, UploadFile, WebSocket
from fastapi.responses import HTMLResponse, RedirectResponse

from examples.login.secret_keys import read_keys
from tornado_cookies.asgi import TornadoCookies, cookies_of

NOTES: dict[str, list[str]] = {}
site = FastAPI()


def current_user(connection: Request | WebSocket) -> str | None:
    """Return who is logged in."""
    user = cookies_of(connection).get_signed_cookie("user", min_version=2)
    return user.decode() if user else None


def user_of(request: Request) -> str:
    """Return who is logged in, or answer 403."""
    user = current_user(request)
    if not user:
        raise HTTPException(403)
    return user


User = Annotated[str, Depends(user_of)]


@site.get("/")
def home(request: Request) -> HTMLResponse:
    """Show the page, with the message of the last request, once."""
    own = cookies_of(request)
    flash = own.get_signed_cookie("flash", min_version=2) or b""
    if flash:
        own.clear_cookie("flash")
    return HTMLResponse(f"<p>{html.escape(flash.decode())}</p><form>{own.xsrf_form_html()}</form>")


@site.post("/login")
def login(request: Request, name: Annotated[str, Form()] = "") -> RedirectResponse:
    """Log in; asking for a password is left out."""
    name = name.strip()
    if not name:
        raise HTTPException(400)
    own = cookies_of(request)
    own.set_signed_cookie("user", name, expires_days=30, httponly=True, samesite="Lax")
    own.set_signed_cookie("flash", f"Welcome, {name}.", expires_days=None, httponly=True)
    return RedirectResponse("/", 302)


@site.get("/api/notes")
def read_notes(user: User) -> dict[str, list[str]]:
    """Return the notes of a user, as JSON."""
    return {"notes": NOTES.get(user, [])}


@site.post("/api/notes", status_code=201)
def add_note(user: User, note: dict[str, Any]) -> None:
    """Add a note."""
    NOTES.setdefault(user, []).append(str(note["text"]))


@site.post("/upload")
async def upload(user: User, file: UploadFile) -> dict[str, Any]:  # noqa: ARG001  # a user must be logged in
    """Say how large a file is."""
    return {"name": file.filename, "bytes": len(await file.read())}


@site.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    """Greet the user who is logged in; `cross_origin_protection` refuses pages of other sites."""
    await websocket.accept()
    await websocket.send_text(f"Hello, {current_user(websocket)}.")
    await websocket.close()


def make_app() -> TornadoCookies:
    """Return the site."""
    keys = read_keys()
    return TornadoCookies(site, keys, max(keys), xsrf_cookies=True, cross_origin_protection=True)


if __name__ == "__main__":
    uvicorn.run(make_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
