"""Which requests are refused by their headers alone, before any handler: what keeps other sites' pages out.

A page of another site can make a browser on this machine ask a server on loopback: by an image, a form, or, once the
site's name leads to 127.0.0.1 (DNS rebinding), by anything. Browsers say so themselves, in `Sec-Fetch-Site` and `Host`.
"""

import ipaddress
import re
from typing import Protocol
from urllib.parse import urlsplit

from compare.contract.errors import ContractError, ErrorCode
from compare.contract.targets import path_of

SAFE_METHODS = frozenset({"GET", "HEAD"})
COSTLY = ("/io/", "/events")  # a GET of these holds a thread, the loop or a viewer's place
KNOWN = 128  # values of Host whose check is remembered
LONGEST_NAME = 253

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+;=-]*)(?::\d*)?")  # RFC 9110, section 7.2


class Headers(Protocol):
    """A request's headers, as both frameworks have them."""

    def get(self, key: str, /) -> str | None:
        """Return the value of a header, or None."""


class Malformed(Exception):  # noqa: N818  # what a request is
    """A header breaks the syntax of HTTP."""


class Origins:
    """The rules of one server.

    `guarded` says that it listens on loopback, where a `Host` must be a loopback name, an address or one of `allowed`.
    A request whose Host is in `known` and that has neither Sec-Fetch-Site nor Expect needs no `check`.
    """

    def __init__(self, *, guarded: bool, allowed: tuple[str, ...] = ()) -> None:
        self._guarded, self._allowed = guarded, {_name(host) for host in allowed}
        self.known: set[str | None] = {None}  # HTTP/1.0 needs no Host

    def check(self, method: str, target: str, host: str | None, headers: Headers) -> None:
        """Raise ContractError for a request that is refused, Malformed for a `host` that cannot be one."""
        if host not in self.known:
            self._check_host(str(host))
        if headers.get("Sec-Fetch-Site") == "cross-site":
            self._check_cross_site(method, target, host, headers.get("Referer") or "")
        expect = headers.get("Expect")
        if expect is not None and expect.lower() != "100-continue":
            raise ContractError(
                ErrorCode.EXPECTATION_FAILED,
                "The header Expect may only be 100-continue.",
                field="Expect",
            )

    def _check_cross_site(self, method: str, target: str, host: str | None, referer: str) -> None:
        if method in SAFE_METHODS and not path_of(target).startswith(COSTLY):
            return
        # The page asks by names below localhost, each of which is a site of its own to a browser.
        page, asked = urlsplit(referer), urlsplit(f"//{host}")
        own = _is_loopback_name(page.hostname or "") and _is_loopback_name(asked.hostname or "")
        if (
            method not in SAFE_METHODS
            or not own
            or page.netloc.rpartition(":")[2] != asked.netloc.rpartition(":")[2]
        ):
            raise ContractError(ErrorCode.XSRF_FAILED, "Another site's page may not ask for this.")

    def _check_host(self, host: str) -> None:
        match = _HOST.fullmatch(host)
        if match is None:
            raise Malformed
        if self._guarded and not self._is_own(_name(match[1])):
            raise ContractError(
                ErrorCode.MISDIRECTED,
                "This server listens on loopback and serves localhost and addresses; "
                "another name is allowed by --allow-host, such as --allow-host app.test.",
                field="Host",
            )
        if len(self.known) < KNOWN and len(host) <= LONGEST_NAME:
            self.known.add(host)

    def _is_own(self, name: str) -> bool:
        return _is_loopback_name(name) or name in self._allowed or is_address(name)


def _name(host: str) -> str:
    return host.lower().removesuffix(".")


def _is_loopback_name(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost")  # RFC 6761, section 6.3


def is_address(name: str) -> bool:
    """Return whether a host is an IP address, an IPv6 one in brackets."""
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
