"""Bytecode of what the servers load, written before they are measured.

A server that compiles its modules when it starts takes longer for it and keeps megabytes more than one that finds them
compiled. Which of the two it would be depends on who ran it before, and on PYTHONDONTWRITEBYTECODE.
"""

import compileall
import importlib.util
from collections.abc import Sequence

# This project's, the frameworks, and what those need of their own making and of others': an installer may leave them
# uncompiled.
PACKAGES = (
    *("compare", "tornado_cookies"),
    *(
        "tornado",
        "aiohttp",
        "aiohappyeyeballs",
        "aiosignal",
        "attr",
        "frozenlist",
        "multidict",
        "propcache",
        "yarl",
        "idna",
    ),
    *("msgspec", "uvloop"),
)


def write(packages: Sequence[str] = PACKAGES) -> bool:
    """Compile what is not compiled in `packages`; return whether all is. A read-only folder stays as it is."""
    specs = [importlib.util.find_spec(name) for name in packages]
    folders = [folder for spec in specs if spec for folder in spec.submodule_search_locations or ()]
    compiled = [compileall.compile_dir(folder, quiet=2) for folder in folders]
    return all(compiled)
