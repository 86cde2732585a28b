"""Files that may come from strangers, read and written so that they cannot lead elsewhere.

A folder of results travels, as an archive or by git, and may then hold links, pipes and devices under the names that
are read and written here. Reading takes regular files of a bounded size only; writing goes to a name that nobody could
have prepared, and takes the place of what was there, link or file, by renaming.
"""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from compare.errors import CompareError
from compare.late import Late

if TYPE_CHECKING:
    import secrets
else:
    secrets = Late("secrets")

# Windows has neither flag, and neither links without privilege nor named pipes among files.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its other end
_BINARY = getattr(os, "O_BINARY", 0)


class UnfitFileError(CompareError):
    """A file that is not read; the message is a clause that follows its name, such as `is a link`."""


def open_regular(path: Path, most_bytes: int) -> BinaryIO:
    """Open `path` to be read when it is a regular file of at most `most_bytes`.

    Raises UnfitFileError when it is a link, a pipe, a device, a folder or larger, and OSError when it cannot be opened.
    """
    if path.is_symlink():
        raise UnfitFileError("is a link, which is not followed: put the file itself there")
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | _NO_LINK | _NO_WAIT | _BINARY), "rb")
    about = os.fstat(file.fileno())
    if stat.S_ISREG(about.st_mode) and about.st_size <= most_bytes:
        return file
    file.close()
    if not stat.S_ISREG(about.st_mode):
        raise UnfitFileError("is not a regular file")
    raise UnfitFileError(f"has {about.st_size:,} bytes, more than the {most_bytes:,} that are read")


def write_whole(path: Path, content: bytes) -> None:
    """Make `path` hold `content`, whole or not at all, also when the power fails. A link there is replaced.

    Raises OSError when it cannot be written; no other file is left then.
    """
    written = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(
        written, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | _NO_LINK | _BINARY, 0o666
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    except BaseException:
        written.unlink(missing_ok=True)
        raise
