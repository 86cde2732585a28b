"""Secrets in addresses, made unreadable wherever an address is shown, saved or part of an error."""

import re

MASK = "***"

# RFC 3986: the userinfo ends at the last @ before the path, query or fragment; a password may hold : and %-escapes.
_USERINFO = re.compile(
    r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^\s:/?#@]*):(?P<secret>[^\s/?#]*)@"
)
# A password may hold / or ? unescaped by mistake: then libpq refuses the URL, but it must not be shown for that.
_CARELESS = re.compile(r"(?P<scheme>\bpostgres(?:ql)?://)(?P<user>[^\s:/?#@]*):(?P<secret>\S*)@")
# libpq's keyword form: keyword = value, the value bare (backslash escapes) or in single quotes; the same words as query
# parameters of a URL. An unterminated quote is masked to the end.
_KEYWORD = re.compile(
    r"(?P<word>\b(?:sslpassword|password|passwd|pwd|scram_client_key|scram_server_key|oauth_client_secret)\s*=\s*)"
    r"(?P<secret>'(?:\\.|[^'\\])*(?:'|$)|(?:\\.|[^\s&'\\])+)",
    re.IGNORECASE | re.DOTALL,
)


def mask_dsn(text: str) -> str:
    """Return `text` with every password in it replaced by `***`, in URL form, keyword form, or amid a sentence.

    Forms by libpq's manual, "Connection Strings". User, host and database stay readable.
    """
    masked = _USERINFO.sub(rf"\g<scheme>\g<user>:{MASK}@", text)
    masked = _CARELESS.sub(rf"\g<scheme>\g<user>:{MASK}@", masked)
    return _KEYWORD.sub(rf"\g<word>{MASK}", masked)


def mask_url(text: str) -> str:
    """Return an HTTP URL with the password in its userinfo replaced by `***`."""
    return mask_dsn(text)
