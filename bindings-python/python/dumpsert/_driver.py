"""A connection of psycopg's, over which a dump is restored without `psql`.

`psycopg` is no dependency: who gives a connection has it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dumpsert._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from psycopg import AsyncConnection, Connection

Fault = tuple[str, str | None, str | None]
Reply = tuple[str | None, Fault | None]


class _GivenUpError(Exception):
    """What a COPY is ended with that is not to arrive."""


def _module() -> Any:
    """Return psycopg, if somebody has imported it: without it there is no connection of it."""
    return sys.modules.get("psycopg")


def check(connection: object, class_name: str, function: str) -> None:
    """Refuse what is no connection, or has something under way."""
    module = _module()
    classes = () if module is None else (module.Connection, module.AsyncConnection)
    if not isinstance(connection, classes):
        message = f"`connection` is a psycopg.{class_name} (psycopg 3), not {type(connection).__name__}"
        raise TypeError(message)
    if not isinstance(connection, getattr(module, class_name)):
        message = f"`connection` is a psycopg.{type(connection).__name__}: call {function} with it"
        raise TypeError(message)
    if connection.closed:
        message = "the connection is closed"
    elif connection.info.pipeline_status != module.pq.PipelineStatus.OFF:
        message = "the connection is in pipeline mode, and every step has to be answered before the next one"
    elif not _is_idle(connection):
        message = "the connection is in a transaction, and a restore has one of its own: commit or roll back first"
    else:
        return
    raise ConfigError(message, kind="invalid_option")


def _is_idle(connection: Any) -> bool:
    idle: bool = connection.info.transaction_status == _module().pq.TransactionStatus.IDLE
    return idle


def _fault(error: Any) -> Fault:
    """Return what the server says without what may hold values of rows."""
    diagnostic = error.diag
    message = diagnostic.message_primary or " ".join(str(error).split())
    return message, diagnostic.message_hint, error.sqlstate


class Driver:
    """Does what a run wants over a connection; it is called in the thread that has called `restore`."""

    __slots__ = ("_autocommit", "_connection", "_copy", "_copying", "_cursor")

    def __init__(self, connection: Connection[Any]) -> None:
        check(connection, "Connection", "arestore")
        self._connection = connection
        self._cursor: Any = None
        self._copying: Any = None
        self._copy: Any = None

    def __enter__(self) -> Driver:
        # psycopg sends no BEGIN of its own then: the one of the run is the only one.
        self._autocommit = self._connection.autocommit
        self._connection.autocommit = True
        # Whatever rows the connection makes, and however it sends parameters.
        psycopg = _module()
        self._cursor = psycopg.Cursor(self._connection, row_factory=psycopg.rows.tuple_row)
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.close()
        if not _is_idle(self._connection):
            self._connection.close()
        if not self._connection.closed:
            self._connection.autocommit = self._autocommit

    def __call__(self, kind: str, payload: str | bytes) -> Reply:
        """Do one step; return the text that was asked for, and what went wrong."""
        try:
            return getattr(self, f"_do_{kind}")(payload), None
        except _module().Error as error:
            return None, _fault(error)

    def _do_sql(self, text: str) -> None:
        self._cursor.execute(text.encode(), prepare=False)

    def _do_query(self, text: str) -> str:
        self._cursor.execute(text.encode(), prepare=False)
        # As the server writes it, whatever loaders the connection has.
        value: bytes = self._cursor.pgresult.get_value(0, 0)
        return value.decode(errors="replace")

    def _do_copy(self, text: str) -> None:
        copying = self._cursor.copy(text.encode())
        self._copy = copying.__enter__()
        self._copying = copying

    def _do_data(self, data: bytes) -> None:
        self._copy.write(data)

    def _do_end(self, _: str) -> None:
        copying, self._copying = self._copying, None
        copying.__exit__(None, None, None)

    def _do_commit(self, _: str) -> None:
        self._cursor.execute(b"COMMIT", prepare=False)

    def _do_give_up(self, _: str) -> None:
        try:
            copying, self._copying = self._copying, None
            if copying is not None:
                error = _GivenUpError("the restore has ended")
                copying.__exit__(type(error), error, None)
            self._cursor.execute(b"ROLLBACK", prepare=False)
        except BaseException:
            # Nobody shall commit what is there.
            self._connection.close()
            raise


class AsyncDriver:
    """The same for asyncio: it is called in a thread, and does its steps in the loop."""

    __slots__ = ("_autocommit", "_connection", "_copy", "_copying", "_cursor", "_drive")

    def __init__(
        self, connection: AsyncConnection[Any], drive: Callable[[Coroutine[Any, Any, Any], bool], Any]
    ) -> None:
        check(connection, "AsyncConnection", "restore")
        self._connection = connection
        self._drive = drive
        self._cursor: Any = None
        self._copying: Any = None
        self._copy: Any = None

    async def __aenter__(self) -> AsyncDriver:
        self._autocommit = self._connection.autocommit
        await self._connection.set_autocommit(True)
        psycopg = _module()
        self._cursor = psycopg.AsyncCursor(self._connection, row_factory=psycopg.rows.tuple_row)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._cursor.close()
        if not _is_idle(self._connection):
            await self._connection.close()
        if not self._connection.closed:
            await self._connection.set_autocommit(self._autocommit)

    def __call__(self, kind: str, payload: str | bytes) -> Reply:
        """Do one step; return the text that was asked for, and what went wrong."""
        # What ends the transaction is not given up with the task that has been cancelled.
        is_last = kind in ("commit", "give_up")
        try:
            return self._drive(getattr(self, f"_do_{kind}")(payload), is_last), None
        except _module().Error as error:
            return None, _fault(error)

    async def _do_sql(self, text: str) -> None:
        await self._cursor.execute(text.encode(), prepare=False)

    async def _do_query(self, text: str) -> str:
        await self._cursor.execute(text.encode(), prepare=False)
        value: bytes = self._cursor.pgresult.get_value(0, 0)
        return value.decode(errors="replace")

    async def _do_copy(self, text: str) -> None:
        copying = self._cursor.copy(text.encode())
        self._copy = await copying.__aenter__()
        self._copying = copying

    async def _do_data(self, data: bytes) -> None:
        await self._copy.write(data)

    async def _do_end(self, _: str) -> None:
        copying, self._copying = self._copying, None
        await copying.__aexit__(None, None, None)

    async def _do_commit(self, _: str) -> None:
        await self._cursor.execute(b"COMMIT", prepare=False)

    async def _do_give_up(self, _: str) -> None:
        try:
            copying, self._copying = self._copying, None
            if copying is not None:
                error = _GivenUpError("the restore has ended")
                await copying.__aexit__(type(error), error, None)
            await self._cursor.execute(b"ROLLBACK", prepare=False)
        except BaseException:
            await self._connection.close()
            raise
