"""The demo page's files, as both servers send them: bytes and headers, read once. One is made: the list of paradigms.

Neither framework's file handler is used. Each has its own ETag, ranges and redirects; small files in memory
need none of them, and so the same request gets the same answer from both.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from compare.contract import HEADERS, Paradigm

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


def paradigms_module() -> bytes:
    """Return `paradigms.js`: whose thread a wait takes, by paradigm, in their order; made from the registry."""
    threads = msgspec.json.encode({str(one): one.thread for one in Paradigm}).decode()
    made = f"export const THREAD = {threads};\nexport const PARADIGMS = Object.keys(THREAD);\n"
    return made.encode()


def pages(beside: str = "", folder: Path = WEB) -> list[Page]:
    """Read the files of `folder`: `index.html` is served at `/`, `page.css` inside it, all others at `/static/NAME`.

    Nothing is painted before the style is there, so it needs no request of its own. Raises KeyError for a file whose
    type is not in `TYPES`.
    """
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    files["paradigms.js"] = paradigms_module()
    style = files.pop("page.css").decode()
    allowed, inside = policy(beside, style), f"<style>{style}</style>".encode()
    return [_page(name, body.replace(LINK, inside), allowed) for name, body in sorted(files.items())]


def _page(name: str, body: bytes, allowed: str) -> Page:
    path = "/" if name == "index.html" else f"/static/{name}"
    headers = HEADERS | {
        "Content-Type": TYPES[Path(name).suffix],
        "Content-Security-Policy": allowed,
        "Cache-Control": "no-cache",
    }
    return Page(path, body, headers)
