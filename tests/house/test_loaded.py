"""What a process loads when it starts, which every cell of a benchmark pays for."""

import subprocess
import sys

import pytest

OF_THE_BENCHMARK = {"numpy", "scipy", "matplotlib", "click", "rich", "psutil", "jinja2"}
# What keeping runs and asking other Pythons takes: 50 ms of CPU to import.
OF_KEEPING_AND_ASKING = {"email", "secrets", "statistics", "subprocess", "zipfile"}
OF_OTHER_WORKS = {"urllib3", "psycopg", "uvloop", "httptools"}


def loaded(module, after=""):
    code = (
        f"import sys, {module}\n{after}\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["bench", "--help"], ["bench", "--list"]])
def test_a_command_that_measures_nothing_loads_nothing_that_takes_long(words):
    """Importing numpy, scipy and matplotlib takes two seconds of CPU; these answer in under 0.2."""
    found = loaded("compare.cli", f"compare.cli.commands.main({words}, standalone_mode=False)")
    foreign = OF_THE_BENCHMARK | OF_KEEPING_AND_ASKING | {"dask", "distributed", "tornado", "aiohttp"}
    assert not found & foreign - {"click"}


@pytest.mark.parametrize("server", ["tornado", "aiohttp"])
def test_a_server_loads_only_what_it_uses(server):
    found = loaded(f"compare.{server}_impl.__main__")
    assert server in found
    assert not found & (OF_THE_BENCHMARK | OF_OTHER_WORKS | {"tornado", "aiohttp"} - {server})


def test_the_load_generator_loads_only_what_it_uses():
    assert not loaded("compare.loadgen.generator") & (OF_THE_BENCHMARK | {"tornado", "aiohttp"})
