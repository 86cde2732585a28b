"""The demo page's files, as both servers send them: bytes and headers, read once.

Neither framework's file handler is used. Each has its own ETag, ranges and redirects; three small files in memory
need none of them, and so the same request gets the same answer from both.
"""

from dataclasses import dataclass
from pathlib import Path

from compare.contract import HEADERS

WEB = Path(__file__).parents[1] / "web"

# Everything the page uses comes from the server itself (or, for a crowd, from other names of this machine), and no
# other site may frame it but the twin that `--beside` names.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' http://*.localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-src {twin}; frame-ancestors {twin}"
)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Page:
    """One file: where it is served, its bytes and all headers of its answer but its length."""

    path: str
    body: bytes
    headers: dict[str, str]


def policy(beside: str) -> str:
    """Return the policy of a page that may show, and be shown by, the twin at `beside` ("" = none)."""
    return POLICY.format(twin=beside or "'none'")


def pages(beside: str = "", folder: Path = WEB) -> list[Page]:
    """Read the files of `folder`: `index.html` is served at `/`, each other one at `/static/` and its name.

    Raises KeyError for a file whose type is not in `TYPES`.
    """
    return [_read(file, policy(beside)) for file in sorted(folder.iterdir())]


def _read(file: Path, allowed: str) -> Page:
    path = "/" if file.name == "index.html" else f"/static/{file.name}"
    headers = HEADERS | {
        "Content-Type": TYPES[file.suffix],
        "Content-Security-Policy": allowed,
        "Cache-Control": "no-cache",
    }
    return Page(path, file.read_bytes(), headers)
