"""Waiting for a database: psycopg 3, its blocking pool on threads and its async pool on the loop, both of one size.

One request is one statement, autocommitted: a function that sleeps, then writes a row and reads it back. The row is
another one for every request, so that no request waits for another's lock, and it is locked only after the sleep.

A request without a free connection waits for one: the ceiling is pool / wait, whatever the paradigm. Each pool is
opened by the first request that needs it, so that a server under test holds only the connections it uses.
"""

import asyncio
import itertools
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from compare.contract import MAX_DELAY_S
from compare.contract.settings import DSN_VARIABLE
from compare.services.companion import Companion
from compare.work.masking import MASK, mask_dsn
from compare.work.promise import WorkError

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Connection
    from psycopg_pool import AsyncConnectionPool, ConnectionPool

log = logging.getLogger("compare.work.postgres")

POOL = 100  # connections of one face when the server has no limit of its own
ROWS = 1000
CONNECT_S = 5
STATEMENT_S = MAX_DELAY_S + 10  # a face must not hang forever, nor give up on the longest wait allowed
CONNECTION_S = 60.0  # the longest a request waits for a free connection
RECONNECT_S = (
    1.0  # psycopg_pool doubles its pause up to this; at its default an outage outlives itself by minutes
)

EMBEDDED = ["-P", "-m", "compare.services.database"]

_LOCK = 0x636D7072  # of servers that start at once, one makes the table
_SCHEMA = f"""
    SET LOCAL synchronous_commit = on;  -- off in the embedded database, where a kill would lose the table
    CREATE TABLE IF NOT EXISTS compare_io (
        id integer PRIMARY KEY, written bigint NOT NULL DEFAULT 0, body text NOT NULL
    ) WITH (fillfactor = 50);
    INSERT INTO compare_io SELECT n, 0, 'written and read' FROM generate_series(0, {ROWS - 1}) AS n
        ON CONFLICT DO NOTHING;
    CREATE OR REPLACE FUNCTION compare_io_once(delay_s double precision, row_id integer) RETURNS text
        LANGUAGE plpgsql AS $$
        DECLARE found_body text;
        BEGIN
            PERFORM pg_sleep(delay_s);
            UPDATE compare_io SET written = written + 1 WHERE id = row_id RETURNING body INTO found_body;
            RETURN found_body;
        END $$;
"""  # noqa: S608  # made of our own constant
_ONCE = "SELECT compare_io_once(%b, %b)"
_TRY = (0.0, 0)  # every new connection does this once, so that no request pays for preparing the statement
_ROOM = """
    SELECT (SELECT sum(setting::int * CASE name WHEN 'max_connections' THEN 1 ELSE -1 END)::int FROM pg_settings
            WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections'))
         - (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend')
"""


class Postgres:
    """Sleeps in the database and writes and reads a row there.

    `dsn` is a libpq connection string; when it is empty COMPARE_DSN is used, and without that an embedded database is
    started for as long as this work runs. `limit` is the pool's size, known after `start`.
    """

    name = "postgres"

    def __init__(self, dsn: str = "") -> None:
        self.dsn = dsn or os.environ.get(DSN_VARIABLE, "")
        self.limit = 0
        self._companion: Companion | None = None
        self._rows = itertools.count()
        self._opening, self._opening_async = threading.Lock(), asyncio.Lock()
        self._pool: ConnectionPool[Connection[tuple[str]]] | None = None
        self._async_pool: AsyncConnectionPool[AsyncConnection[tuple[str]]] | None = None
        self._mending: asyncio.Task[None] | None = None

    async def start(self, capacity: int) -> None:
        """Find the database, or start one, and make the table; raises WorkError or ServiceError."""
        _require_driver()
        if not self.dsn:
            self._companion = Companion(EMBEDDED)
            self.dsn = str(self._companion.ready["dsn"])
        try:
            room = await _prepare(self.dsn)
        except BaseException:
            await self.stop()
            raise
        self.limit = min(capacity or POOL, room // 2)
        log.info(
            "database %s: %d connections in each of the two pools; the ceiling is %d / wait",
            mask_dsn(self.dsn),
            self.limit,
            self.limit,
        )

    def blocking(self, delay_s: float) -> bytes:
        """Do it on a connection of the blocking pool; raises what psycopg raises."""
        from psycopg import OperationalError  # noqa: PLC0415  # an extra

        pool = self._pool or self._open()
        connection = pool.getconn()
        try:
            found = connection.execute(_ONCE, (delay_s, next(self._rows) % ROWS), prepare=True).fetchone()
        except OperationalError:
            if connection.closed:
                pool.check()  # whatever broke this connection broke the idle ones too
            raise
        finally:
            pool.putconn(connection)
        return found[0].encode() if found else b""

    async def native(self, delay_s: float) -> bytes:
        """Do it on a connection of the async pool; raises what psycopg raises."""
        from psycopg import OperationalError  # noqa: PLC0415  # an extra

        pool = self._async_pool or await self._open_async()
        connection = await pool.getconn()
        try:
            cursor = await connection.execute(_ONCE, (delay_s, next(self._rows) % ROWS), prepare=True)
            found = await cursor.fetchone()
        except OperationalError:
            if connection.closed and (self._mending is None or self._mending.done()):
                self._mending = asyncio.create_task(pool.check())
            raise
        finally:
            await pool.putconn(connection)
        return found[0].encode() if found else b""

    def _open(self) -> "ConnectionPool[Connection[tuple[str]]]":
        from psycopg_pool import ConnectionPool  # noqa: PLC0415  # an extra

        with self._opening:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self.dsn,
                    name="blocking",
                    open=True,
                    configure=_try,
                    reconnect_failed=lambda pool: pool.check(),
                    **self._sizes(),
                )
            return self._pool

    async def _open_async(self) -> "AsyncConnectionPool[AsyncConnection[tuple[str]]]":
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415  # an extra

        async with self._opening_async:
            if self._async_pool is None:
                pool = AsyncConnectionPool(
                    self.dsn,
                    name="native",
                    open=False,
                    configure=_try_async,
                    reconnect_failed=lambda pool: pool.check(),
                    **self._sizes(),
                )
                await pool.open()
                self._async_pool = pool
            return self._async_pool

    def _sizes(self) -> dict[str, Any]:
        """Return what both pools are made with: what is not said here is a hidden cap."""
        return {
            "min_size": self.limit,
            "max_size": self.limit,
            "max_waiting": 0,
            "timeout": CONNECTION_S,
            "reconnect_timeout": RECONNECT_S,
            "kwargs": _connection_options(self.dsn),
        }

    async def stop(self) -> None:
        """Close both pools, and the database if it was started here."""
        if self._mending is not None:
            self._mending.cancel()
        if self._async_pool is not None:
            await self._async_pool.close()
        if self._pool is not None:
            self._pool.close()
        if self._companion is not None:
            self._companion.release()


def _try(connection: "Connection[tuple[str]]") -> None:
    connection.execute(_ONCE, _TRY, prepare=True)


async def _try_async(connection: "AsyncConnection[tuple[str]]") -> None:
    await connection.execute(_ONCE, _TRY, prepare=True)


def _connection_options(dsn: str) -> dict[str, Any]:
    """Return what every connection is made with: a dead database must end in an error, not in waiting forever."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415  # an extra

    options = conninfo_to_dict(dsn).get("options") or ""
    return {
        "options": f"{options} -c statement_timeout={STATEMENT_S * 1e3:.0f}".strip(),
        "autocommit": True,
        "connect_timeout": CONNECT_S,
        "tcp_user_timeout": int(STATEMENT_S * 1e3),
        "keepalives_idle": 10,
    }


def _require_driver() -> None:
    try:
        import psycopg  # noqa: F401, PLC0415  # only whether it is there
        import psycopg_pool  # noqa: F401, PLC0415
    except ImportError as error:
        raise WorkError(
            "--work postgres needs psycopg: install it with `pip install 'tornado-aiohttp-compare[postgres]'`."
        ) from error


async def _prepare(dsn: str) -> int:
    """Make the table and the function; return how many connections the database has left. Raises WorkError."""
    import psycopg  # noqa: PLC0415  # an extra

    password = _password(dsn)
    try:
        async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=CONNECT_S) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            await connection.execute(_SCHEMA)
            found = await (await connection.execute(_ROOM)).fetchone()
    except (psycopg.Error, OSError) as error:
        said = str(error).partition("\n")[0].rstrip(".")
        said = mask_dsn(said.replace(password, MASK) if password else said)
        raise WorkError(
            f"Tried the database {mask_dsn(dsn)}: {said}; start it or correct --dsn or COMPARE_DSN, "
            "or give neither and one is started for you."
        ) from None  # the driver's own error may hold the password
    room = int(found[0]) if found else 0
    if room < 2:
        raise WorkError(
            f"The database {mask_dsn(dsn)} has no connections left: close some, or raise its max_connections."
        )
    return room


def _password(dsn: str) -> str:
    """Return the password in a DSN; raises WorkError, without a word of the DSN, when it cannot be read."""
    import psycopg  # noqa: PLC0415  # an extra
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    unreadable = WorkError(
        "The DSN cannot be read: write --dsn or COMPARE_DSN as postgresql://user:password@host/database, with "
        "special characters percent-encoded, or as host=... user=... dbname=..."
    )
    try:
        password = str(conninfo_to_dict(dsn).get("password") or "")
    except psycopg.ProgrammingError:
        raise unreadable from None  # libpq quotes what it stumbled over, which may be the password
    if not password and f":{MASK}@" in mask_dsn(dsn):
        raise unreadable  # a / in it: libpq would take its first half for a port, and quote that
    return password
