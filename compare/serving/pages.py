"""The demo page's files, as both servers send them: bytes and headers, read once.

Neither framework's file handler is used. Each has its own ETag, ranges and redirects; small files in memory
need none of them, and so the same request gets the same answer from both.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from compare.contract import HEADERS

WEB = Path(__file__).parents[1] / "web"

# Everything the page uses comes from the server itself (or, for a crowd, from other names of this machine), no style
# counts but the page's own, and no other site may frame it but the twin that `--beside` names.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'sha256-{style}'; img-src 'self'; "
    "connect-src 'self' http://*.localhost:*; base-uri 'none'; form-action 'none'; "
    "frame-src {twin}; frame-ancestors {twin}"
)
LINK = b'<link rel="stylesheet" href="/static/page.css">'
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Page:
    """One file: where it is served, its bytes and all headers of its answer but its length."""

    path: str
    body: bytes
    headers: dict[str, str]


def policy(beside: str, style: str) -> str:
    """Return the policy of a page with this `style` that shows, and is shown by, the twin at `beside` ("" = none)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return POLICY.format(twin=beside or "'none'", style=digest)


def pages(beside: str = "", folder: Path = WEB) -> list[Page]:
    """Read the files of `folder`: `index.html` is served at `/`, `page.css` inside it, all others at `/static/NAME`.

    Nothing is painted before the style is there, so it needs no request of its own. Raises KeyError for a file whose
    type is not in `TYPES`.
    """
    style = (folder / "page.css").read_text()
    allowed = policy(beside, style)
    served = [_read(file, allowed) for file in sorted(folder.iterdir()) if file.name != "page.css"]
    return [
        replace(page, body=page.body.replace(LINK, f"<style>{style}</style>".encode())) for page in served
    ]


def _read(file: Path, allowed: str) -> Page:
    path = "/" if file.name == "index.html" else f"/static/{file.name}"
    headers = HEADERS | {
        "Content-Type": TYPES[file.suffix],
        "Content-Security-Policy": allowed,
        "Cache-Control": "no-cache",
    }
    return Page(path, file.read_bytes(), headers)
