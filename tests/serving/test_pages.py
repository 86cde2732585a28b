"""The demo page's files over HTTP, the same from both servers. What the page does is tested in a browser."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from compare.serving.pages import WEB, pages, paradigms_module

STYLE = (WEB / "page.css").read_text()
POLICY = pages()[0].headers["Content-Security-Policy"]
LINK, INSIDE = '<link rel="stylesheet" href="/static/page.css">', f"<style>{STYLE}</style>"
FILES = {file.name: file.read_text() for file in WEB.iterdir() if file.name != "page.css"}
FILES["index.html"] = FILES["index.html"].replace(LINK, INSIDE)
FILES["paradigms.js"] = paradigms_module().decode()
PATHS = ["/", *(f"/static/{name}" for name in sorted(FILES) if name != "index.html")]


def test_the_page_has_its_files():
    assert sorted(page.path for page in pages()) == PATHS


@pytest.mark.parametrize("path", PATHS)
async def test_a_file_comes_whole_with_its_type_and_the_policy(server, path):
    answer = await server.get(path)
    name = path.removeprefix("/static/").strip("/") or "index.html"
    assert answer.status == 200
    assert await answer.text() == FILES[name]
    headers = {name: value for name, value in answer.headers.items() if name not in {"Date", "Server"}}
    assert headers == {
        "Content-Type": {
            ".html": "text/html; charset=utf-8",
            ".js": "text/javascript; charset=utf-8",
            ".svg": "image/svg+xml",
        }[Path(name).suffix],
        "Content-Length": str(len(FILES[name].encode())),
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def test_all_files_together_are_small():
    assert sum(len(page.body) for page in pages()) < 120_000


@pytest.mark.parametrize("path", PATHS)
async def test_head_gives_the_headers_of_the_file_and_no_body(server, path):
    head = await server.head(path)
    get = await server.get(path)
    assert await head.read() == b""
    assert [pair for pair in head.headers.items() if pair[0] != "Date"] == [
        pair for pair in get.headers.items() if pair[0] != "Date"
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/x",
        "/static/index.html",
        "/static/page.css",
        "/static/../web/page.js",
        "/static/%2e%2e/cookies.py",
    ],
)
async def test_there_is_no_other_file(server, path):
    answer = await server.send(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"not_found"' in answer


async def test_a_file_is_only_read(server):
    answer = await server.post("/")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_the_policy_allows_nothing_but_the_servers_own_files_and_the_style_in_the_page():
    sources = dict(part.split(" ", 1) for part in POLICY.split("; "))
    names_of_this_machine = sources.pop(
        "connect-src"
    )  # for a crowd: a browser opens six connections to one name
    assert names_of_this_machine == "'self' http://*.localhost:*"
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert sources.pop("style-src") == f"'sha256-{digest}'"
    assert set(sources.values()) == {"'none'", "'self'"}
    assert sources["default-src"] == sources["frame-ancestors"] == "'none'"


async def test_the_twin_that_was_named_may_show_this_page_and_be_shown(start):
    server = await start(beside="http://localhost:8001")
    sources = (await server.get("/")).headers["Content-Security-Policy"]
    assert "; frame-src http://localhost:8001; frame-ancestors http://localhost:8001" in sources


def test_the_page_asks_for_nothing_outside_and_holds_no_inline_script_or_style():
    for file in WEB.iterdir():
        text = (
            file.read_text()
            .replace("http://www.w3.org/2000/svg", "")
            .replace("http://w${number}.localhost", "")
        )
        assert "//" not in re.sub(r"(?m)(^|\s)// .*$", "", text), file
    html = (WEB / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_every_module_is_asked_for_at_once_and_none_holds_up_the_paint():
    html = (WEB / "index.html").read_text()
    asked = re.findall(
        r'<(?:link rel="modulepreload"|script type="module") fetchpriority="low" \w+="/static/([^"]+)"', html
    )
    assert sorted(asked) == sorted(name for name in FILES if name.endswith(".js"))
    assert html.count("<script") == 1


def test_a_file_of_unknown_type_is_refused_at_the_start(tmp_path):
    (tmp_path / "page.css").touch()
    (tmp_path / "data.bin").touch()
    with pytest.raises(KeyError):
        pages(folder=tmp_path)


def test_every_text_of_the_page_is_in_the_file_of_texts_and_every_one_there_is_used():
    texts = (WEB / "en.js").read_text()
    keys = set(re.findall(r"(?m)^  (\w+):", texts))
    others = [file.read_text() for file in WEB.iterdir() if file.name not in {"en.js", "zh.js"}]
    asked = {key for text in others for key in re.findall(r'(?:data-text="|\btext\(")(\w+)"', text)}
    quoted = {key for text in [*others, texts] for key in re.findall(r'"(\w+)"', text)}
    assert asked <= keys
    assert keys - {"language", *quoted} == set()
    html = re.sub(
        r"<(title|noscript)>.*?</\1>|<[^>]*>", "|", (WEB / "index.html").read_text(), flags=re.DOTALL
    )
    words = {part.strip() for part in html.split("|")} - {""}
    assert words == {"中文", "generator", "coroutine", "–", "0.1 s", "½ s", "1 s", "3 s"}  # noqa: RUF001
