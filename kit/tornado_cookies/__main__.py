"""The command line: `python -m tornado_cookies key FILE`, `inspect`, `scan`. Only this file prints and exits."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .inspection import Fields, Unreadable, fields_of, why_unreadable
from .scan import Format, render, scan

if TYPE_CHECKING:
    from .signing import CookieSecret


class UsageError(Exception):
    """A command that cannot be done: one sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 1 for what was found wanting, 2 for a usage that cannot be."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except UsageError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python flushes once more at its end
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tornado_cookies", description="Tornado's cookies, without Tornado."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    key = commands.add_parser(
        "key", help="make a secret that signs cookies, in a file that only you can read"
    )
    key.add_argument("file", type=Path)
    key.set_defaults(run=_key)
    inspect = commands.add_parser(
        "inspect", help="say what is in a signed value, and why it would be refused"
    )
    inspect.add_argument(
        "value", nargs="?", help="the cookie's value; - or nothing reads it from standard input"
    )
    inspect.add_argument("--name", help="the cookie's name; without it, the name that the value states")
    inspect.add_argument("--secret-file", type=Path, help="the one secret")
    inspect.add_argument(
        "--key", action="append", default=[], metavar="N=FILE", help="a versioned secret; repeatable"
    )
    inspect.add_argument("--max-age-days", type=float, default=31.0)
    inspect.add_argument("--min-version", type=int, choices=(1, 2), default=1)
    inspect.add_argument("--format", choices=("text", "json"), default="text")
    inspect.set_defaults(run=_inspect)
    look = commands.add_parser(
        "scan", help="find Tornado's cookie, XSRF, origin and address API in a code base"
    )
    look.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    look.add_argument("--format", choices=[kind.value for kind in Format], default=Format.TEXT.value)
    look.set_defaults(run=_scan)
    return parser


def _key(options: argparse.Namespace) -> int:
    secret = secrets.token_urlsafe(32).encode() + b"\n"
    try:
        # Never over a secret that is in use, and never readable by others, not even for a moment.
        descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(
            f"{options.file}: {error.strerror}; name a new file in a folder of yours."
        ) from error
    return 0


def _inspect(options: argparse.Namespace) -> int:
    value = sys.stdin.readline().rstrip("\r\n") if options.value in {None, "-"} else options.value
    value = value.strip('"')  # as a `Set-Cookie` line quotes it
    fields = fields_of(value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    secret = _secret(options)
    said = _said(fields)
    if secret is not None:
        name = (
            options.name or (fields.name or b"").decode("utf-8", "replace") if fields else options.name or ""
        )
        reason = why_unreadable(
            secret, name, value, max_age_days=options.max_age_days, min_version=options.min_version
        )
        said["verdict"] = reason.value
    elif fields is None:
        said["verdict"] = Unreadable.MALFORMED.value
    else:
        said["verdict"] = "not verified: give --secret-file or --key"
    if options.format == "json":
        print(json.dumps(said))
    else:
        for label, content in said.items():
            print(f"{label + ':':12} {content if content is not None else '-'}")
    return 0 if said["verdict"] == Unreadable.READABLE.value or (secret is None and fields is not None) else 1


def _said(fields: Fields | None) -> dict[str, object]:
    """What a value states, in printable characters: it comes from strangers."""
    if fields is None:
        return {}
    said: dict[str, object] = {
        "format": fields.version,
        "key_version": fields.key_version,
        "name": None if fields.name is None else ascii(fields.name.decode("utf-8", "replace"))[1:-1],
        "signed_at": ascii(fields.timestamp.decode("utf-8", "replace"))[1:-1],
    }
    try:
        said["age_days"] = round((time.time() - int(fields.timestamp)) / 86400, 3)
    except (ValueError, OverflowError):
        said["age_days"] = None
    return {**said, "payload": _payload(fields.payload)}


def _payload(payload: bytes) -> str:
    from binascii import a2b_base64  # noqa: PLC0415

    try:
        return ascii(a2b_base64(payload).decode("utf-8", "backslashreplace"))[1:-1]
    except ValueError:
        return "(not base64)"


def _secret(options: argparse.Namespace) -> CookieSecret | None:
    if options.secret_file and options.key:
        raise UsageError("--secret-file and --key exclude each other: give the secrets in one way.")
    if options.secret_file:
        return _read(options.secret_file, "--secret-file")
    keys: dict[int, bytes] = {}
    for text in options.key:
        version, equals, path = text.partition("=")
        if not equals or not version.isdecimal():
            raise UsageError("--key must be N=FILE, such as 0=keys/0.")  # what was typed may be a secret
        keys[int(version)] = _read(Path(path), f"--key {int(version)}")
    return keys or None


def _read(path: Path, option: str) -> bytes:
    """Return the secret in a file; errors name the option alone, because its value may be the secret itself."""
    make = "make one with `python -m tornado_cookies key FILE`"
    try:
        secret = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(
            f"the file of {option} cannot be read: {error.strerror}; name a secret's file, or {make}."
        ) from error
    if not secret:
        raise UsageError(f"the file of {option} is empty; {make}.")
    return secret


def _scan(options: argparse.Namespace) -> int:
    for path in options.paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder.")
    report = scan(options.paths)
    print(render(report, Format(options.format)))
    return 1 if report.unread else 0


if __name__ == "__main__":
    sys.exit(main())
