"""What `GET` and `POST /form` of both servers promise: the page, how a form is read, the refusal. Pure."""

import urllib.parse

import msgspec

from compare.contract.errors import ContractError, ErrorCode

TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 1000  # what both frameworks read
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",  # the token is one user's
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}

_PAGE = """<!doctype html>
<html lang="en">
<title>A form that only this site's pages can send</title>
<form method="post" action="/form">
{field}
<label>Note <input name="note" required></label>
<button>Send</button>
</form>
</html>
"""


def page(field: str) -> bytes:
    """Return the page, with the hidden field that brings the token back."""
    return _PAGE.replace("{field}", field).encode()


def is_form(content_type: str) -> bool:
    """Say whether a body of this type is a form; other types bring no token and no note."""
    return content_type.partition(";")[0].strip().lower() == TYPE


def check(encoding: str | None, body: bytes) -> None:
    """Raise ContractError for a form that is encoded once more or has too many fields, each of which costs time."""
    if encoding is not None or body.count(b"&") >= MAX_FIELDS:
        raise unreadable()


def unreadable() -> ContractError:
    """A form that is not read."""
    return ContractError(
        ErrorCode.INVALID_BODY,
        f"A form may have at most {MAX_FIELDS} fields and no Content-Encoding, e.g. note=hello.",
        field="body",
    )


def read_note(content_type: str, body: bytes) -> bytes:
    """Return the answer to a form whose token was checked: its last `note`, without outer blanks.

    Raises ContractError for another type of body and for a form without a note.
    """
    if not is_form(content_type):
        raise ContractError(
            ErrorCode.INVALID_BODY,
            f"The body must be a form of the type {TYPE}, e.g. note=hello.",
            field="body",
        )
    text = body.decode("latin-1")
    notes = [
        value
        for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True, errors="replace")
        if name == "note"
    ]
    if not notes:
        raise ContractError(
            ErrorCode.INVALID_BODY, "The form must have a field note, e.g. note=hello.", field="note"
        )
    return msgspec.json.encode({"note": notes[-1].strip()})


def xsrf_failed(message: str | None) -> ContractError:
    """The request may come from another site's page; `message` is Tornado's."""
    return ContractError(ErrorCode.XSRF_FAILED, f"{message or 'The XSRF check failed'}.", field="_xsrf")
