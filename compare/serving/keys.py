"""The secrets that sign cookies: from files or the environment, never from argv, never shown.

One secret (`--cookie-secret-file` or `COMPARE_COOKIE_SECRET`) or versioned ones for rotation (`--cookie-key N=FILE` or
`COMPARE_COOKIE_KEY_N`). Of these four ways one is used; a mix is refused, since somebody who sets two expects something
of both. Without any, a random secret makes the server run, and forgets every signature when it ends.
"""

import logging
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from compare.contract.settings import Settings
from compare.errors import CompareError
from tornado_cookies.signing import CookieSecret

SECRET_VARIABLE = "COMPARE_COOKIE_SECRET"  # noqa: S105  # the name of a variable, not a secret
RANDOM_VARIABLE = "COMPARE_RANDOM_SECRET"  # what a supervisor made for its workers, as none was given
KEY_VARIABLE = "COMPARE_COOKIE_KEY_"
MIN_SECRET_BYTES = 32  # what RFC 7518, section 3.2, asks of a key for HMAC-SHA256

log = logging.getLogger("compare.serving")


class SecretError(CompareError):
    """The secrets cannot be used; the message is one sentence that tells where, and nothing of what."""


@dataclass(frozen=True)
class Keys:
    """What both frameworks' `cookie_secret` and `key_version` take: one secret, or several and which one signs."""

    cookie_secret: CookieSecret = field(repr=False)
    key_version: int | None = None


def load(settings: Settings, environ: Mapping[str, str] = os.environ) -> Keys:
    """Return the secrets that `settings` or else `environ` name; random ones, with a warning, without any.

    A file's line end does not count. Raises SecretError for what cannot be read, a secret under 32 bytes, a mix
    of ways, and a signing version without its key.
    """
    single, versioned = _single(settings, environ), _versioned(settings, environ)
    ways = sorted({*single, *(way for way, _ in versioned)})
    if len(ways) > 1:
        raise SecretError(f"{' and '.join(ways)} exclude each other: give the secrets in one way.")
    if versioned:
        return _rotating({version: secret for (_, version), secret in versioned.items()}, settings)
    if settings.cookie_key_version is not None:
        raise SecretError("--cookie-key-version needs the keys it chooses from: give --cookie-key N=FILE.")
    for secret in single.values():
        return Keys(secret)
    if RANDOM_VARIABLE in environ:
        return Keys(environ[RANDOM_VARIABLE].encode())  # the supervisor has warned
    log.warning("no cookie secret given: signed cookies are valid only until this process ends")
    return Keys(secrets.token_bytes(MIN_SECRET_BYTES))


def given(settings: Settings, environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether any secret was given, in whatever way."""
    names = (name for name in environ if name == SECRET_VARIABLE or name.startswith(KEY_VARIABLE))
    return bool(settings.cookie_secret_file or settings.cookie_key or any(names))


def _rotating(keys: dict[int, bytes], settings: Settings) -> Keys:
    chosen = settings.cookie_key_version
    if chosen is not None and chosen not in keys:
        raise SecretError(f"--cookie-key-version {chosen} is none of the keys given: {_listed(keys)}.")
    return Keys(dict(keys), max(keys) if chosen is None else chosen)


def _listed(keys: Mapping[int, bytes]) -> str:
    return ", ".join(map(str, sorted(keys)))


def _single(settings: Settings, environ: Mapping[str, str]) -> dict[str, bytes]:
    """Return the one secret by each way it was given."""
    found = {}
    if settings.cookie_secret_file:
        found["--cookie-secret-file"] = _from_file("--cookie-secret-file", settings.cookie_secret_file)
    if SECRET_VARIABLE in environ:
        found[SECRET_VARIABLE] = _checked(SECRET_VARIABLE, environ[SECRET_VARIABLE].encode())
    return found


def _versioned(settings: Settings, environ: Mapping[str, str]) -> dict[tuple[str, int], bytes]:
    """Return the secrets by the way they were given and their version."""
    found = {}
    for key in settings.cookie_key:
        version, _, path = key.partition("=")
        found["--cookie-key", int(version)] = _from_file(f"--cookie-key {version}", path)
    for name, text in environ.items():
        if match := re.fullmatch(KEY_VARIABLE + "([0-9]{1,9})", name):
            found[KEY_VARIABLE + "N", int(match[1])] = _checked(name, text.encode())
    return found


def _from_file(source: str, path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content, mode = file.read(), os.fstat(file.fileno()).st_mode
    except OSError as error:
        # Nothing of what was given, which may be the secret itself, typed by mistake.
        reason = os.strerror(error.errno or 0)
        raise SecretError(f"{source}: cannot read the file that it names: {reason}.") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        log.warning("%s: every account of this machine may read or write the file: chmod 600", source)
    return _checked(source, content.rstrip(b"\r\n"))


def _checked(source: str, secret: bytes) -> bytes:
    if len(secret) < MIN_SECRET_BYTES:
        raise SecretError(f"{source}: a secret must have at least {MIN_SECRET_BYTES} bytes.")
    return secret
