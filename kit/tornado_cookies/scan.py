"""Where a code base uses Tornado's cookie, XSRF, origin and address API, and what to put in its place.

Python files are read as syntax trees (nothing is imported or run), templates line by line. Names alone are matched:
a hit may be another library's method of the same name, and a name built at run time is not found.
"""

from __future__ import annotations

import ast
import enum
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_FILE_BYTES = 4 * 2**20
SKIPPED_FOLDERS = {
    ".git",
    ".hg",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    "site-packages",
}
TEMPLATES = {".html", ".htm", ".tmpl", ".tpl", ".jinja", ".j2"}


class Rule(NamedTuple):
    """One part of Tornado's API: what replaces it, and what a person must look at."""

    id: str
    names: frozenset[str]
    replacement: str
    human: str = ""


def _rule(id: str, names: str, replacement: str, human: str = "") -> Rule:  # noqa: A002  # SARIF's word
    return Rule(id, frozenset(names.split()), replacement, human)


RULES = (
    _rule("read-cookie", "get_cookie", "cookies_of(request).get_cookie(...)"),
    _rule(
        "write-cookie",
        "set_cookie",
        "cookies_of(request).set_cookie(...)",
        "what a browser would drop raises CookieError here; a path that changes leaves the old cookie in place",
    ),
    _rule(
        "clear-cookie",
        "clear_cookie",
        "cookies_of(request).clear_cookie(...) with the path and domain it was set with",
    ),
    _rule("clear-all", "clear_all_cookies", "cookies_of(request).clear_all_cookies(...)"),
    _rule(
        "write-signed",
        "set_signed_cookie set_secure_cookie",
        "cookies_of(request).set_signed_cookie(...)",
        "lasts 30 days unless expires_days is given: say so explicitly",
    ),
    _rule(
        "read-signed",
        "get_signed_cookie get_secure_cookie get_signed_cookie_key_version get_secure_cookie_key_version",
        "cookies_of(request).get_signed_cookie(...), with min_version=2 once no value of format 1 is left",
    ),
    _rule(
        "signed-value",
        "create_signed_value decode_signed_value get_signature_key_version",
        "the same name in tornado_cookies.signing",
    ),
    _rule("secret", "cookie_secret key_version", "setup(app, cookie_secret, key_version)"),
    _rule(
        "xsrf-setting",
        "xsrf_cookies xsrf_cookie_name xsrf_cookie_version xsrf_cookie_kwargs",
        "the same keyword of setup(app, ...)",
        "a logged-in user's cookie no longer gets 30 days by itself: xsrf_cookie_kwargs={'expires_days': 30}",
    ),
    _rule("xsrf-token", "xsrf_token xsrf_form_html", "cookies_of(request).xsrf_token, .xsrf_form_html()"),
    _rule(
        "xsrf-check",
        "check_xsrf_cookie",
        "xsrf_cookies=True checks all; @xsrf_exempt for one route",
        "an override that does nothing is an exemption: is it still wanted?",
    ),
    _rule(
        "origin-setting",
        "cross_origin_protection trusted_origins check_trusted_origin",
        "the same keyword of setup(app, ...); @any_origin for one route",
    ),
    _rule(
        "websocket-origin",
        "check_origin",
        "cross_origin_protection=True, or check_websocket_origin(request) before the handshake",
        "Tornado refuses other origins by default, aiohttp and ASGI servers accept all",
    ),
    _rule(
        "address",
        "remote_ip xheaders trusted_downstream",
        "the server's own proxy settings (aiohttp-remotes, uvicorn --forwarded-allow-ips)",
        "who may set X-Forwarded-For must be said again, or anybody chooses an address",
    ),
    _rule(
        "argument",
        "get_argument get_arguments get_query_argument get_query_arguments get_body_argument get_body_arguments",
        "request.query or await request.post(), stripped, and 400 when it is missing",
        "Tornado strips blanks and answers 400; a plain [...] answers 500, and ' bob ' becomes another user",
    ),
    _rule(
        "login-url",
        "login_url get_login_url authenticated current_user get_current_user",
        "a middleware or dependency of your own",
        "@authenticated redirects GET and HEAD and answers 403 to the rest",
    ),
)
_BY_NAME = {name: rule for rule in RULES for name in rule.names}
_in_template = re.compile(r"\b(xsrf_form_html|xsrf_token|get_cookie)\b").finditer


class Finding(NamedTuple):
    """One use: where it is (line and column from 1) and which rule it falls under."""

    path: str
    line: int
    column: int
    name: str
    rule: Rule


class Report(NamedTuple):
    """All uses, in order of path and line, and the files that could not be read, with the reason."""

    findings: list[Finding]
    files: int
    unread: list[tuple[str, str]]


class Format(str, enum.Enum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def scan(paths: Iterable[Path]) -> Report:
    """Look through files and folders; links to folders are not followed."""
    findings: list[Finding] = []
    unread: list[tuple[str, str]] = []
    count = 0
    for path in sorted({file for start in paths for file in _files(start)}):
        count += 1
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise ValueError(f"larger than {MAX_FILE_BYTES} bytes")  # noqa: TRY301
            content = path.read_bytes()
            found = _in_python(path, content) if path.suffix == ".py" else _in_text(path, content)
            findings += sorted(found, key=lambda one: (one.line, one.column))
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
            unread.append((path.as_posix(), str(error).partition("\n")[0] or type(error).__name__))
    return Report(findings, count, unread)


def _files(start: Path) -> Iterator[Path]:
    if start.is_file():
        yield start
        return
    for path in start.iterdir():
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS and not path.is_symlink():
                yield from _files(path)
        elif (path.suffix == ".py" or path.suffix in TEMPLATES) and path.is_file():
            yield path


def _in_python(path: Path, content: bytes) -> Iterator[Finding]:
    for node in ast.walk(ast.parse(content)):
        for name in _names(node):
            if name in _BY_NAME:
                yield Finding(path.as_posix(), node.lineno, node.col_offset + 1, name, _BY_NAME[name])  # type: ignore[attr-defined]


def _names(node: ast.AST) -> list[str]:
    """The names by which a node may use the API: attributes, overrides, imports, keywords and keys of settings."""
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names] if (node.module or "").startswith("tornado") else []
    if isinstance(node, ast.keyword):
        return [node.arg] if node.arg else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value in _SETTINGS else []
    return []


_SETTINGS = {
    name
    for rule in RULES
    if rule.id in {"secret", "xsrf-setting", "origin-setting", "address"}
    for name in rule.names
}


def _in_text(path: Path, content: bytes) -> Iterator[Finding]:
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        for match in _in_template(line):
            yield Finding(path.as_posix(), number, match.start() + 1, match[1], _BY_NAME[match[1]])


def render(report: Report, kind: Format) -> str:
    """Return the report as text."""
    return {Format.TEXT: _text, Format.JSON: _json, Format.SARIF: _sarif}[kind](report)


def _printable(text: str) -> str:
    """A path may hold anything, and a terminal obeys some of it."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _text(report: Report) -> str:
    lines = []
    for one in report.findings:
        human = f"\n    look at: {one.rule.human}" if one.rule.human else ""
        lines.append(
            f"{_printable(one.path)}:{one.line}:{one.column}: {one.name} -> {one.rule.replacement}{human}"
        )
    lines += [f"{_printable(path)}: not read: {_printable(why)}" for path, why in report.unread]
    needing = sum(1 for one in report.findings if one.rule.human)
    uses = f"{len(report.findings)} {'use' if len(report.findings) == 1 else 'uses'}"
    files = f"{report.files} {'file' if report.files == 1 else 'files'}"
    lines.append(f"{uses} in {files}; {needing} {'needs' if needing == 1 else 'need'} a person.")
    return "\n".join(lines)


def _json(report: Report) -> str:
    findings = [
        {
            "path": one.path,
            "line": one.line,
            "column": one.column,
            "name": one.name,
            "rule": one.rule.id,
            "replacement": one.rule.replacement,
            "human": one.rule.human or None,
        }
        for one in report.findings
    ]
    unread = [{"path": path, "reason": why} for path, why in report.unread]
    return json.dumps({"findings": findings, "files": report.files, "unread": unread}, indent=1)


def _sarif(report: Report) -> str:
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.replacement},
            "help": {"text": rule.human or rule.replacement},
        }
        for rule in RULES
    ]
    results = [
        {
            "ruleId": one.rule.id,
            "level": "warning" if one.rule.human else "note",
            "message": {
                "text": f"{one.name}: {one.rule.replacement}"
                + (f"; {one.rule.human}" if one.rule.human else "")
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": one.path},
                        "region": {"startLine": one.line, "startColumn": one.column},
                    }
                }
            ],
        }
        for one in report.findings
    ]
    unread = [{"level": "error", "message": {"text": f"{path}: {why}"}} for path, why in report.unread]
    run = {
        "tool": {"driver": {"name": "tornado_cookies", "rules": rules}},
        "results": results,
        "invocations": [{"executionSuccessful": not unread, "toolExecutionNotifications": unread}],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1)
