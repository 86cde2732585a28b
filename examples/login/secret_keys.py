"""The secrets that sign cookies: a folder with one file for each, whose name is the key's version."""

import os
from pathlib import Path

MIN_BYTES = 32


def read_keys() -> dict[int, bytes]:
    """Return the secrets in the folder COOKIE_KEYS by version; a file's line end does not count.

    Raises ValueError for a secret under 32 bytes: a file that is empty by mistake would let anybody sign.
    """
    keys = {
        int(file.name): file.read_bytes().rstrip(b"\r\n")
        for file in Path(os.environ["COOKIE_KEYS"]).iterdir()
    }
    for version, secret in keys.items():
        if len(secret) < MIN_BYTES:
            raise ValueError(
                f"{os.environ['COOKIE_KEYS']}/{version}: a secret must have at least {MIN_BYTES} bytes."
            )
    return keys
