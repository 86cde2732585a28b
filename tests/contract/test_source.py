"""`GET /source/{paradigm}` on both servers: the code shown is the code that runs."""

import textwrap
from pathlib import Path

import pytest

from compare.contract import Paradigm, Server

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", [*Paradigm, "handler", "twin"])
async def test_the_source_is_in_its_file_at_its_line(server, name):
    answer = await server.get(f"/source/{name}")
    assert answer.status == 200
    told = await answer.json()
    assert list(told) == ["server", "paradigm", "file", "first_line", "code"]
    assert (told["server"] == server.name) is (name != "twin")
    assert told["paradigm"] == name
    lines = (ROOT / told["file"]).read_text().splitlines()[told["first_line"] - 1 :]
    shown = told["code"].splitlines()
    assert textwrap.dedent("\n".join(lines[: len(shown)])) == told["code"]


async def test_a_paradigm_is_shown_with_its_decorator_and_its_wait(server):
    code = (await (await server.get("/source/coroutine")).json())["code"]
    assert code.startswith("@by_future.coroutine\ndef coroutine(")
    assert "yield asyncio.ensure_future(io.native())" in code


async def test_the_handler_shown_is_the_frameworks_own(server):
    told = await (await server.get("/source/handler")).json()
    assert told["file"] == f"compare/{server.name}_impl/long_io.py"
    assert "with self.flights.admit(" in told["code"]


async def test_the_twins_handler_is_what_the_other_server_shows_as_its_own(server):
    told = await (await server.get("/source/twin")).json()
    (other,) = set(Server) - {server.name}
    assert (told["server"], told["file"]) == (other, f"compare/{other}_impl/long_io.py")
    first, *_, last = told["code"].splitlines()
    assert first.startswith("async def get(self")
    assert "server_timing(flight.took_s)" in last


async def test_there_is_no_source_of_anything_else(server):
    assert (await server.get("/source/quantum")).status == 404
