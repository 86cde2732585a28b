"""Waiting for a real PostgreSQL by both pools: rows really written, an outage survived, and no password shown."""

import asyncio
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import embedded
import psutil
import pytest
from running import KEEPING

from compare.contract import Server
from compare.contract.settings import Settings
from compare.services import cluster
from compare.services.companion import Companion
from compare.work.loading import check_faces
from compare.work.postgres import CONNECTION_S, EMBEDDED, POOL, ROWS, Postgres
from compare.work.promise import WorkError

psycopg, psycopg_pool = embedded.driver("psycopg"), embedded.driver("psycopg_pool")
RUNNING = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'SELECT compare_io_once%'
"""


@pytest.fixture(scope="session")
def dsn():
    with Companion(EMBEDDED) as companion:
        yield companion.ready["dsn"]


@pytest.fixture
async def postgres(dsn):
    work = Postgres(dsn)
    await work.start(8)
    yield work
    await work.stop()


def written(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT sum(written) FROM compare_io").fetchone()[0]


async def opened(postgres: Postgres) -> None:
    """Return once each open pool has all its connections, which have tried the statement: eight take a while."""
    if postgres._async_pool is not None:
        await postgres._async_pool.wait(60)
    if postgres._pool is not None:
        await asyncio.to_thread(postgres._pool.wait, 60)


async def test_both_faces_write_a_row_and_read_it(postgres, dsn):
    await check_faces(postgres)  # opens both pools, whose connections each try the statement once
    await opened(postgres)
    before = written(dsn)
    assert postgres.blocking(0.0) == await postgres.native(0.0) == b"written and read"
    assert written(dsn) == before + 2


async def test_both_faces_wait_in_the_database(postgres):
    loop = asyncio.get_running_loop()
    for wait in (postgres.native, lambda delay_s: asyncio.to_thread(postgres.blocking, delay_s)):
        begun = loop.time()
        await wait(0.05)
        assert loop.time() - begun >= 0.049


async def test_as_many_as_the_pool_holds_are_done_at_once_and_the_rest_wait(postgres, dsn):
    """The pool is the ceiling, for both faces: 8 statements run, 4 more wait for a connection."""
    with ThreadPoolExecutor(12) as threads:
        loop = asyncio.get_running_loop()
        faces = [
            postgres.native,
            lambda delay_s: loop.run_in_executor(threads, postgres.blocking, delay_s),
        ]
        for wait in faces:
            await wait(0.0)  # opens the pool
            await opened(postgres)
            waits = [asyncio.ensure_future(wait(0.6)) for _ in range(12)]
            most = 0
            async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as watch:
                while not all(one.done() for one in waits):
                    found = await (await watch.execute(RUNNING)).fetchone()
                    most = max(most, found[0])
            assert most == 8
            assert {one.result() for one in waits} == {b"written and read"}


async def test_a_pool_is_opened_only_by_the_face_that_needs_it(postgres):
    await postgres.native(0.0)
    assert postgres._pool is None


async def test_a_cancelled_wait_ends_in_the_database_too_and_gives_its_connection_back(postgres, dsn):
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as watch:

        async def running() -> int:
            return (await (await watch.execute(RUNNING)).fetchone())[0]

        for _ in range(10):  # more than the pool holds
            waiting = asyncio.create_task(postgres.native(60.0))
            while await running() != 1:
                pass
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert await running() == 0
    assert await postgres.native(0.0) == b"written and read"


async def test_two_servers_may_make_the_table_at_once(dsn):
    with psycopg.connect(dsn) as connection:
        connection.execute("DROP TABLE compare_io")
    works = [Postgres(dsn) for _ in range(4)]
    await asyncio.gather(*(work.start(1) for work in works))
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*) FROM compare_io").fetchone() == (ROWS,)


@pytest.mark.parametrize(("capacity", "limit"), [(0, POOL), (7, 7), (10_000, None)])
async def test_the_limit_is_the_capacity_or_what_the_database_has_for_two_pools(dsn, capacity, limit, caplog):
    caplog.set_level(logging.INFO)
    work = Postgres(dsn)
    await work.start(capacity)
    assert work.limit == limit or (limit is None and 200 < work.limit < 250)
    assert (
        f"{work.limit} connections in each of the two pools; the ceiling is {work.limit} / wait"
        in caplog.text
    )


@pytest.fixture
def embedded_folder():
    folder = cluster.folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.alone  # another test's database starting or ending meanwhile was seen to take this one along
async def test_the_database_is_killed_and_comes_back(embedded_folder, monkeypatch):
    monkeypatch.setattr("compare.work.postgres.RECONNECT_S", 0.05)  # an outage in miniature: longer than that
    monkeypatch.setattr("psycopg_pool.base.AttemptWithBackoff.INITIAL_DELAY", 0.02)
    with Companion(["-c", KEEPING, str(embedded_folder)]) as companion:
        work = Postgres(companion.ready["dsn"])
        await work.start(3)
        await check_faces(work)
    with pytest.raises(psycopg.OperationalError):
        await work.native(0.0)
    with pytest.raises(psycopg.OperationalError):
        await asyncio.to_thread(work.blocking, 0.0)
    waiting = [
        asyncio.create_task(work.native(0.0)),
        asyncio.create_task(asyncio.to_thread(work.blocking, 0.0)),
    ]
    for pool in (work._async_pool, work._pool):
        while pool.get_stats()["connections_errors"] < 20:  # noqa: ASYNC110  # by then it has given up for good
            await asyncio.sleep(0.01)
    with Companion(["-c", KEEPING, str(embedded_folder)]):
        # whoever waited is served, and so is whoever comes from now on, by connections made afresh
        waiting += [asyncio.create_task(work.native(0.0)) for _ in range(9)]
        assert set(await asyncio.gather(*waiting)) == {b"written and read"}
        await work.stop()


async def test_without_a_dsn_the_environments_is_used(dsn, monkeypatch):
    monkeypatch.setenv("COMPARE_DSN", dsn)
    assert Postgres().dsn == dsn
    assert Postgres("host=other").dsn == "host=other"


async def test_without_any_dsn_it_starts_its_own_and_stops_it(monkeypatch):
    monkeypatch.delenv("COMPARE_DSN", raising=False)
    work = Postgres()
    await work.start(2)
    companion, folder = psutil.Process(work._companion.pid), Path(work._companion.ready["folder"])
    await check_faces(work)
    await work.stop()
    companion.wait(60)
    assert not folder.exists()  # noqa: ASYNC240  # nothing else runs on this loop


def test_a_dsn_reaches_a_server_by_environment_and_never_by_argv():
    settings = Settings(Server.AIOHTTP, dsn="postgresql://ann:hunter2@db/app")
    assert "hunter2" not in " ".join(settings.to_argv())
    assert "hunter2" not in repr(settings)
    assert settings.environ() == {"COMPARE_DSN": "postgresql://ann:hunter2@db/app"}
    assert Settings(Server.AIOHTTP).environ() == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "postgresql://ann:hunter2@127.0.0.1:9/app",
            "Tried the database postgresql://ann:***@127.0.0.1:9/app: connection failed:",
        ),
        (
            "host=127.0.0.1 port=9 password='hunter2 x'",
            "Connection refused; start it or correct --dsn or COMPARE_DSN",
        ),
        (
            "hunter2",
            "The DSN cannot be read: write --dsn or COMPARE_DSN as postgresql://user:password@host/database",
        ),
        ("host=db hunter2=x", "The DSN cannot be read"),
        ("postgresql://ann:hunter2/x@db/app", "The DSN cannot be read"),
        ("postgresql://ann:hunter2%zz@db/app", "The DSN cannot be read"),
    ],
)
async def test_a_database_that_cannot_be_had_is_told_in_a_sentence_without_its_password(given, said, caplog):
    with pytest.raises(WorkError) as refused:
        await Postgres(given).start(1)
    told = f"{refused.value} {refused.value.__cause__} {caplog.text}"
    assert said in told
    assert "\n" not in str(refused.value)
    assert "hunter2" not in told


async def test_a_missing_database_or_table_right_is_told_in_the_servers_words(dsn):
    with pytest.raises(WorkError, match='database "nowhere" does not exist; start it or correct --dsn'):
        await Postgres(f"{dsn} dbname=nowhere").start(1)


async def test_a_database_without_connections_left_is_told(dsn, monkeypatch):
    monkeypatch.setattr("compare.work.postgres._ROOM", "SELECT 1")
    with pytest.raises(WorkError, match="has no connections left: close some, or raise its max_connections"):
        await Postgres(dsn).start(1)


async def test_waiting_for_a_connection_does_not_last_for_ever(dsn):
    work = Postgres(dsn)
    await work.start(1)
    await work.native(0.0)
    busy = asyncio.create_task(work.native(1.0))
    await asyncio.sleep(0)
    assert work._async_pool.timeout == CONNECTION_S
    work._async_pool.timeout = 0.05
    with pytest.raises(psycopg_pool.PoolTimeout):
        await work.native(0.0)
    await busy
    await work.stop()


async def test_a_statement_does_not_last_for_ever(dsn, monkeypatch):
    monkeypatch.setattr("compare.work.postgres.STATEMENT_S", 0.5)
    work = Postgres(f"{dsn} options='-c application_name=mine'")
    await work.start(1)
    for wait in (work.native, lambda delay_s: asyncio.to_thread(work.blocking, delay_s)):
        with pytest.raises(psycopg.errors.QueryCanceled):
            await wait(10.0)
    await work.stop()
