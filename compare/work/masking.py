"""Secrets in addresses, made unreadable wherever an address is shown, saved or part of an error."""

import re
from typing import TYPE_CHECKING

from compare.late import Late

if TYPE_CHECKING:
    from urllib import parse
else:
    parse = Late("urllib.parse")

MASK = "***"

_WORDS = r"(?:sslpassword|password|passwd|pwd|scram_client_key|scram_server_key|oauth_client_secret)"

# The userinfo of a URL (RFC 3986): it ends at the last @ before the path; a password may hold : and %-escapes.
_USERINFO = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*:)[^\s/?#]*@")
# The same with a / or ? that should have been escaped: it is refused, but not shown either. What begins like a port
# is one, unless libpq reads it.
_CARELESS = re.compile(
    r"(\bpostgres(?:ql)?://[^\s:/?#@]*:|\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*:(?!\d*(?:[/?#\s]|\Z)))\S*@"
)
# A parameter of a URL's query: it ends at the next one. Its name may be percent-encoded: libpq and servers decode it.
_PARAMETER = re.compile(r"([?&;]([^\s=&#;]+)=)[^\s&#]+")
_SECRET_NAME = re.compile(
    rf"{_WORDS}|(?:.*[_-])?(?:token|secret|key|api-?key|signature|sig|auth|authorization|credentials?|session)",
    re.IGNORECASE,
)
# libpq's keyword form: the value bare, with backslash escapes, or in single quotes, perhaps never closed.
_KEYWORD = re.compile(
    rf"((?<![?&\w]){_WORDS}\s*=\s*)(?:'(?:\\.|[^'\\])*(?:'|\\?$)|(?:\\.|[^\s\\])+)",
    re.IGNORECASE | re.DOTALL,
)


def mask_dsn(text: str) -> str:
    """Return `text` with every password in it replaced by `***`: of a URL or a keyword DSN, alone or in a sentence.

    Forms: libpq's manual, "Connection Strings". User, host and database stay readable. A URL of any other scheme is
    masked as well.
    """
    masked, found = _USERINFO.subn(rf"\g<1>{MASK}@", text)
    if not found:
        masked = _CARELESS.sub(rf"\g<1>{MASK}@", masked)
    masked = _PARAMETER.sub(_parameter, masked)
    return _KEYWORD.sub(rf"\g<1>{MASK}", masked)


def _parameter(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}" if _SECRET_NAME.fullmatch(parse.unquote(found[2])) else found[0]
