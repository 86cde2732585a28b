"""One HTML file that plays a recording: the page's own files, its modules and a recording put into one. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

ENTRY = "page.js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:const|function|class) (\w+))", re.MULTILINE)
_LINK = re.compile(r'^\s*<(?:link rel="(?:icon|modulepreload)"|!--)[^>]*>\n', re.MULTILINE)
_ENTRY_TAG = re.compile(r'<script type="module"[^>]* src="/static/page\.js"></script>')
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"


def one_page(files: Mapping[str, str], recording: Mapping[str, Any]) -> str:
    """Return `index.html` of `files` with script and `recording` put inside, so that it needs no server."""
    html = _LINK.sub("", files["index.html"])
    recorded = json.dumps(recording, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    script = _script(files).replace("</script", "<\\/script")
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<script type="application/json" id="recording">{recorded}</script>\n'
        f'<script type="module">\n{script}</script>'
    )
    return _ENTRY_TAG.sub(lambda _: head, html)


def _script(files: Mapping[str, str]) -> str:
    """Return the modules as functions called in the order of their imports, each with what it exports."""
    done: dict[str, str] = {}
    _add(ENTRY, files, done)
    return "".join(done.values())


def _add(name: str, files: Mapping[str, str], done: dict[str, str]) -> None:
    text = files[name]
    for _, other in _IMPORT.findall(text):
        if other not in done:
            _add(other, files, done)
    body = _IMPORT.sub(lambda found: f"const {found[1]} = {_named(found[2])};\n", text)
    exported = ", ".join(found[2] for found in _EXPORT.finditer(text))
    body = _EXPORT.sub(lambda found: found[1], body)
    done[name] = f"const {_named(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _named(module: str) -> str:
    return "module_" + module.removesuffix(".js").replace("-", "_")
