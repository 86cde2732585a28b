"""PostgreSQL for the tests that need one: where it cannot be installed they are skipped with the reason."""

import importlib
import os
from types import ModuleType

import pytest

from compare.services import cluster
from compare.services.cluster import StartError


def lacking() -> str:
    """Return what no database can be started or asked without here, "" where nothing is missing.

    In CI, which installs all of it, nothing counts as missing: a test that cannot have its database fails there.
    """
    if os.environ.get("CI") == "true":
        return ""
    try:
        importlib.import_module("psycopg")  # without libpq it is there and cannot be imported
        importlib.import_module("psycopg_pool")
        cluster._installed()
    except (ImportError, StartError) as error:
        return f"no PostgreSQL here, which the extra postgres brings: {error}"
    return ""


LACKING = lacking()
needed = pytest.mark.skipif(bool(LACKING), reason=LACKING)


def driver(name: str) -> ModuleType:
    """Import a module of the driver for a test file; the whole file is skipped where there is no database."""
    if LACKING:
        pytest.skip(LACKING, allow_module_level=True)
    return importlib.import_module(name)
