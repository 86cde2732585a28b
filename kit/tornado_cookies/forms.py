"""The XSRF token in a form's bytes, for frameworks that leave bodies alone. Pure; linear in the body's size.

A form is searched for the one field, not parsed: however many fields it has, they cost no more than their bytes.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from . import xsrf

_quoted = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match
_escaped = re.compile(r"\\(.)", re.DOTALL).sub
_MARK = xsrf.FIELD.encode()
URL_ENCODED, IN_PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
# `xsrf.FIELD`, each character of it escaped or not
_name = "".join(f"(?:{one}|(?i:%{ord(one):02x}))" for one in xsrf.FIELD)
_values = re.compile(rf"(?:^|&){_name}(?:=([^&]*))?(?=&|\Z)").findall


def is_form(content_type: str) -> bool:
    """Say whether a body of this type can bring a token."""
    return _essence(content_type) in {URL_ENCODED, IN_PARTS}


def token_in_query(query: str) -> str:
    """Return the last token in a query string or a URL-encoded form, or nothing."""
    values = _values(query)
    return xsrf.cleaned(unquote_plus(values[-1], "utf-8", "replace")) if values else ""


def token_in_form(content_type: str, body: bytes) -> str:
    """Return the last token in a form, URL-encoded or in parts, or nothing; whatever is malformed has none."""
    if _essence(content_type) == URL_ENCODED:
        return token_in_query(body.decode("latin-1"))
    boundary = _parameters(content_type).get("boundary", "")
    found = b""
    if boundary:
        for part in body.split(b"--" + boundary.encode("latin-1", "replace") + b"\r\n")[1:]:
            head, _, content = part.partition(b"\r\n\r\n")
            if _MARK in head and _names_the_field(head):
                found = content.partition(b"\r\n--" + boundary.encode("latin-1", "replace"))[0]
    return xsrf.cleaned(found.decode("utf-8", "replace"))


def _names_the_field(head: bytes) -> bool:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        label, _, value = line.partition(":")
        if label.strip().lower() == "content-disposition":
            parameters = _parameters(value)
            return (
                _essence(value) == "form-data"
                and parameters.get("name") == xsrf.FIELD
                and parameters.keys().isdisjoint({"filename", "filename*"})
            )
    return False


def _essence(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _parameters(value: str) -> dict[str, str]:
    """The parameters of a header's value; what follows an unfinished quote is left out."""
    found: dict[str, str] = {}
    position = value.find(";")
    while position >= 0:
        equals = value.find("=", position)
        if equals < 0:
            break
        name = value[position + 1 : equals].strip().lower()
        if value[equals + 1 : equals + 2] == '"':
            match = _quoted(value, equals + 1)
            if match is None:
                break
            found[name], position = _escaped(r"\1", match[1]), value.find(";", match.end())
        else:
            position, start = value.find(";", equals), equals + 1
            found[name] = value[start : position if position >= 0 else len(value)].strip()
    return found
