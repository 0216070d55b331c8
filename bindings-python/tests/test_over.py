"""`restore` over a connection of psycopg's, without psql: what psql's way leaves, and nothing else."""

from __future__ import annotations

import asyncio
import functools
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dumpsert
import psycopg
import pytest
from conftest import ROOT, Server, check_merged, cut
from dumpsert import Catalog, Outcome
from psycopg.rows import dict_row

Databases = tuple[str, str]

MERGED = [("public.child", 166, 0, 334), ("public.parent", 0, 100, 400)]
AGAIN = [("public.child", 0, 0, 500), ("public.parent", 0, 0, 500)]


def counts(outcome: Outcome) -> list[tuple[str, int | None, int | None, int | None]]:
    return [(table.table, table.inserted, table.updated, table.unchanged) for table in outcome.tables]


def session(connection: psycopg.Connection[Any]) -> tuple[Any, ...]:
    """What a run could leave in a session; asking does not leave a transaction open."""
    # PL/pgSQL brings settings of its own when it is first used.
    connection.execute("DO $$ BEGIN END $$", prepare=False)
    rows = connection.execute(
        """SELECT name || '=' || setting FROM pg_settings
           UNION ALL SELECT 'class ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
           UNION ALL SELECT 'routine ' || proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
           UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
           UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
           ORDER BY 1""",
        prepare=False,
    ).fetchall()
    connection.rollback()
    return connection.autocommit, connection.info.transaction_status, rows


def refused(
    server: Server, connection: psycopg.Connection[Any], run: Callable[[], object], exception: type[BaseException]
) -> Any:
    """It raises this, has changed nothing, and the connection is as it was before."""
    before, target = session(connection), connection.info.dbname
    rows = server.rows(target)
    with pytest.raises(exception) as raised:
        run()
    assert server.rows(target) == rows
    assert session(connection) == before
    return raised.value


def data(server: Server, database: str) -> list[bytes]:
    """What `pg_dump -a` says of it, but for the lines with its own secrets and the order of rows."""
    lines = server.pg_dump(database, "-a").splitlines()
    return sorted(line for line in lines if not line.startswith((b"\\restrict", b"\\unrestrict")))


def same_as_psql(server: Server, target: str, dump: Any, **options: Any) -> tuple[str, Outcome]:
    """Merge it into two copies of the target: over a connection and by psql."""
    over, by_psql = server.create(like=target), server.create(like=target)
    with psycopg.connect(server.url(over)) as connection:
        before = session(connection)
        outcome = dumpsert.restore(dump(), connection=connection, **options)
        assert session(connection) == before
        again = dumpsert.restore(dump(), connection=connection, **options)
    wanted = dumpsert.restore(dump(), to=server.url(by_psql), bin_dir=server.bindir, **options)
    assert data(server, over) == data(server, by_psql)
    # Names that are not ASCII psql prints in the encoding of the dump.
    numbers = [[count[1:] for count in counts(one) if count[1] is not None] for one in (outcome, wanted)]
    assert (outcome.ending, numbers[0]) == ("committed", numbers[1])
    assert outcome.input_sha256 == wanted.input_sha256
    assert all(not table.inserted and not table.updated for table in again.tables)
    return over, outcome


@pytest.mark.parametrize("autocommit", [False, True])
def test_every_form_of_a_dump(server: Server, databases: Databases, tmp_path: Path, autocommit: bool) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    file = tmp_path / "dump.sql"
    file.write_bytes(dump)
    archive, rows = server.pg_dump(source, "-Fc"), server.pg_dump(source, "--data-only", "--column-inserts")
    whole, packed = server.pg_dump(source), server.pg_dump(source, "-Z1")
    forms: list[Callable[[], Any]] = [
        lambda: file,
        lambda: io.BytesIO(dump),
        lambda: cut(dump, 1000),
        lambda: [rows],
        lambda: [whole],
        lambda: [packed],
    ]
    for form in forms:
        copy = server.create(like=target)
        # Whatever rows the connection makes, and however often it prepares.
        with psycopg.connect(
            server.url(copy), autocommit=autocommit, row_factory=dict_row, prepare_threshold=0
        ) as connection:
            for expected in (MERGED, AGAIN):
                outcome = dumpsert.restore(form(), connection=connection)
                assert (outcome.ending, counts(outcome)) == ("committed", expected)
                assert connection.autocommit is autocommit
                assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}
                connection.rollback()
        check_merged(server, source, copy)
    # Without pg_restore an archive is none; with it, it is.
    with psycopg.connect(server.url(target)) as connection:
        run = functools.partial(dumpsert.restore, [archive], connection=connection, bin_dir=tmp_path)
        error = refused(server, connection, run, dumpsert.DumpIOError)
        assert "pg_restore is not in" in str(error)
        outcome = dumpsert.restore([archive], connection=connection, bin_dir=server.bindir)
        assert counts(outcome) == MERGED


@pytest.mark.parametrize("name", ["demo", "chinook"])
def test_a_whole_database_into_empty_tables(server: Server, name: str) -> None:
    source, empty = server.create(), server.create()
    sources = ROOT / "testdata/sources"
    for part in (f"{name}.sql", f"{name}.schema.sql", f"{name}.data.sql"):
        if (sources / part).exists():
            assert server.psql(source, sources / part).returncode == 0
    assert server.psql(empty, server.pg_dump(source, "--schema-only")).returncode == 0
    dump = server.pg_dump(source)
    copy, _ = same_as_psql(server, empty, lambda: [dump])
    # The records of migration tools are the target's own.
    expected = server.rows(source)
    found = server.rows(copy)
    assert {name: rows for name, rows in found.items() if "prisma" not in name} == {
        name: rows for name, rows in expected.items() if "prisma" not in name
    }


def test_exclusions_with_what_references_them(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source)
    options: dict[str, Any] = {"exclude": "public.parent: id <= 250", "cascade": "delete"}
    _, outcome = same_as_psql(server, target, lambda: iter(cut(dump, 999)), **options)
    assert {table.table: table.left_out for table in outcome.tables} == {"public.child": 250, "public.parent": 250}
    catalog = Catalog.from_schema_sql(server.pg_dump(source, "--schema-only"))
    rows = server.pg_dump(source, "-a", "--inserts")
    same_as_psql(server, target, lambda: [rows], catalog=catalog, **options)


ODD = """CREATE TABLE public."gr\u00f6""\u00dfe'\\x %s" ("stra\u00dfe\\" text PRIMARY KEY, "co""l'%%" text)"""


def test_names_encodings_and_long_rows(server: Server) -> None:
    source, target = server.create(), server.create()
    table = '''public."gr\u00f6""\u00dfe'\\x %s"'''
    with psycopg.connect(server.url(source)) as connection:
        connection.execute(ODD.encode())
        connection.execute(f"INSERT INTO {table} VALUES ('\u00e4\\', '\u00df'), ('\\.', '\\N'), ('x', NULL)".encode())
        connection.execute(f"INSERT INTO {table} VALUES ('long', repeat('\u00fc''\\', 1000000))".encode())
    with psycopg.connect(server.url(target)) as connection:
        connection.execute(ODD.encode())
    for encoding in ("UTF8", "LATIN1", "WIN1252", "SQL_ASCII"):
        for shape in (["-E", encoding], ["-E", encoding, "-a", "--column-inserts"]):
            dump = server.pg_dump(source, *shape)
            copy, outcome = same_as_psql(server, target, lambda dump=dump: [dump])
            assert outcome.tables[0].inserted == 4
            assert server.rows(copy) == server.rows(source)
    # In a session that is in another encoding itself.
    with psycopg.connect(server.url(server.create(like=target)), client_encoding="LATIN1") as connection:
        before = session(connection)
        dumpsert.restore([server.pg_dump(source)], connection=connection)
        assert session(connection) == before
        assert server.rows(connection.info.dbname) == server.rows(source)


def test_what_is_refused(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")

    class TooMuchError(Exception):
        pass

    def refuse(outcome: Outcome) -> None:
        assert counts(outcome) == MERGED
        raise TooMuchError

    def failing() -> Iterator[bytes]:
        yield dump[: len(dump) // 2]
        raise TooMuchError

    with psycopg.connect(server.url(target)) as connection:
        over = functools.partial(dumpsert.restore, connection=connection)
        for part in (0.3, 0.5, 0.999):
            short = functools.partial(over, [dump[: int(len(dump) * part)]])
            error = refused(server, connection, short, dumpsert.TruncatedError)
            assert (error.outcome.ending, error.byte is not None) == ("rolled_back", True)
        refused(server, connection, lambda: over([dump, b"DELETE FROM public.parent;"]), dumpsert.UnsupportedError)
        refused(server, connection, lambda: over([dump], before_commit=refuse), TooMuchError)
        refused(server, connection, lambda: over(failing()), TooMuchError)
        for at in ("check", "read", "merge", "commit"):
            for exception in (TooMuchError, KeyboardInterrupt):

                def progress(phase: str, *_: Any, at: str = at, exception: type[BaseException] = exception) -> None:
                    if phase == at:
                        raise exception

                refused(server, connection, functools.partial(over, [dump], progress=progress), exception)
        # Whose error comes while the rows are copied, at the first of many.
        bad = b"COPY public.child (id, parent, v) FROM stdin;\nx\t1\t1\n" + b"1\t1\t1\n" * 2_000_000 + b"\\.\n"
        error = refused(server, connection, lambda: over([bad]), dumpsert.DumpIOError)
        assert "invalid input syntax for type integer" in str(error)
        before = server.rows(target)
        outcome = over([dump], dry_run=True)
        assert (outcome.ending, outcome.dry_run, counts(outcome)) == ("rolled_back", True, MERGED)
        assert server.rows(target) == before
        with psycopg.connect(server.url(target)) as other:
            other.execute("ALTER TABLE public.parent ADD CONSTRAINT c CHECK (v <> 'it''s; row 400') NOT VALID")
        error = refused(server, connection, lambda: over([dump]), dumpsert.DumpIOError)
        assert (error.kind, "it's; row" in str(error), "HINT" in str(error)) == ("database", False, True)
        assert error.__cause__ is None or "it's; row" not in str(error.__cause__)
        with psycopg.connect(server.url(target)) as other:
            other.execute("ALTER TABLE public.parent DROP CONSTRAINT c")
        seen: list[str] = []
        assert counts(over([dump], before_commit=lambda outcome: seen.append(outcome.ending))) == MERGED
        assert seen == ["rolled_back"]
    check_merged(server, source, target)


def test_connections_that_cannot_be_used(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = [server.pg_dump(source, "--data-only")]
    before = server.rows(target)
    with psycopg.connect(server.url(target)) as connection:
        over = functools.partial(dumpsert.restore, dump, connection=connection)
        connection.execute("CREATE TEMPORARY TABLE own ()")
        with pytest.raises(dumpsert.ConfigError, match="is in a transaction"):
            over()
        # It goes on.
        connection.execute("SELECT FROM own")
        connection.rollback()
        with connection.transaction(), pytest.raises(dumpsert.ConfigError, match="is in a transaction"):
            over()
        with connection.pipeline(), pytest.raises(dumpsert.ConfigError, match="pipeline"):
            over()
        for wrong in ({"style": "rows"}, {"client": "psql"}, {"dryrun": True}):
            with pytest.raises(dumpsert.ConfigError):
                over(**wrong)
        with pytest.raises(TypeError, match="two targets"):
            over(to=server.url(target))
    with pytest.raises(dumpsert.ConfigError, match="is closed"):
        over()
    with pytest.raises(TypeError, match="Connection"):
        dumpsert.restore(dump, connection=server.url(target))  # type: ignore[arg-type]
    assert server.rows(target) == before

    async def other() -> None:
        async with await psycopg.AsyncConnection.connect(server.url(target)) as connection:
            with pytest.raises(TypeError, match="call arestore"):
                dumpsert.restore(dump, connection=connection)  # type: ignore[arg-type]

    asyncio.run(other())


def test_a_server_that_goes_away(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = [server.pg_dump(source, "--data-only")]
    before = server.rows(target)
    for at in ("read", "merge", "commit"):
        with psycopg.connect(server.url(target)) as connection, psycopg.connect(server.url("postgres")) as other:
            pid = connection.info.backend_pid

            def end(phase: str, *_: Any, at: str = at, pid: int = pid, other: Any = other) -> None:
                if phase == at:
                    other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

            with pytest.raises(dumpsert.DumpIOError) as raised:
                dumpsert.restore(dump, connection=connection, progress=end)
            assert raised.value.outcome is not None
            assert raised.value.outcome.ending == "rolled_back"
            assert connection.closed
        assert server.rows(target) == before


INTERRUPTED = """
import sys, dumpsert, psycopg
def progress(phase, *_):
    if phase == "merge":
        print("merging", flush=True)
with psycopg.connect(sys.argv[2]) as connection:
    try:
        dumpsert.restore(sys.argv[1], connection=connection, progress=progress)
    except KeyboardInterrupt:
        print("interrupted", connection.info.transaction_status.name, connection.execute("SELECT 1").fetchone())
"""


def waits(server: Server, target: str) -> bool:
    with psycopg.connect(server.url(target)) as connection:
        of_it = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        row = connection.execute(f"SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND {of_it}").fetchone()
    return bool(row and row[0])


def test_ctrl_c_while_the_target_works(server: Server, databases: Databases, tmp_path: Path) -> None:
    source, target = databases
    file = tmp_path / "dump.sql"
    file.write_bytes(server.pg_dump(source, "--data-only"))
    before = server.rows(target)
    with psycopg.connect(server.url(target)) as connection:
        connection.execute("LOCK TABLE public.parent IN ROW EXCLUSIVE MODE")
        command = [sys.executable, "-c", INTERRUPTED, str(file), server.url(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "merging\n"
            while not waits(server, target):
                time.sleep(0.01)
            child.send_signal(signal.SIGINT)
            assert child.stdout.read() == "interrupted IDLE (1,)\n"
        assert child.returncode == 0
        connection.rollback()
    assert server.rows(target) == before


def test_asyncio(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    before = server.rows(target)

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in cut(dump, 5000):
            await asyncio.sleep(0)
            yield chunk

    async def stalls(stalled: asyncio.Event) -> AsyncIterator[bytes]:
        yield dump[:5000]
        stalled.set()
        await asyncio.Event().wait()

    async def idle(connection: psycopg.AsyncConnection[Any]) -> bool:
        row = await (await connection.execute("SELECT 1")).fetchone()
        await connection.rollback()
        return row == (1,)

    async def all_of_it() -> None:
        async with await psycopg.AsyncConnection.connect(server.url(target)) as connection:
            over = functools.partial(dumpsert.arestore, connection=connection)
            # Cancelled while the dump does not go on, and while the server waits for a lock.
            stalled = asyncio.Event()
            task = asyncio.create_task(over(stalls(stalled)))
            await stalled.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await idle(connection)
            async with await psycopg.AsyncConnection.connect(server.url(target)) as other:
                await other.execute("LOCK TABLE public.parent IN ROW EXCLUSIVE MODE")
                task = asyncio.create_task(over(chunks()))
                while not await asyncio.to_thread(waits, server, target):
                    await asyncio.sleep(0.01)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert await idle(connection)
            assert server.rows(target) == before
            with pytest.raises(dumpsert.TruncatedError):
                await over([dump[:-5000]])
            assert await idle(connection)
            phases: list[str] = []

            async def progress(phase: str, *_: Any) -> None:
                await asyncio.sleep(0)
                phases.append(phase)

            async def before_commit(outcome: Outcome) -> None:
                await asyncio.sleep(0)
                phases.append(outcome.ending)

            for expected in (MERGED, AGAIN):
                outcome = await over(chunks(), progress=progress, before_commit=before_commit)
                assert (outcome.ending, counts(outcome)) == ("committed", expected)
                assert await idle(connection)
            assert list(dict.fromkeys(phases)) == ["check", "read", "merge", "rolled_back", "commit"]
            assert not connection.autocommit
            with psycopg.connect(server.url(target)) as other_kind, pytest.raises(TypeError, match="call restore"):
                await dumpsert.arestore([dump], connection=other_kind)  # type: ignore[arg-type]

    asyncio.run(all_of_it())
    check_merged(server, source, target)


@contextmanager
def pooler(server: Server, folder: Path) -> Iterator[str]:
    """Run pgbouncer in transaction mode, with one connection to each database; give its keywords."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    folder.chmod(0o777)
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.host} port={server.port} user=postgres\n[pgbouncer]\n"
        f"unix_socket_dir = {folder}\nlisten_port = 6432\nlisten_addr =\n"
        f"auth_type = trust\nauth_file = {folder}/users\n"
        "pool_mode = transaction\ndefault_pool_size = 1\n"
    )
    # It does not want to be root; who starts the server then is somebody else as well.
    user = ["-u", "postgres"] if os.geteuid() == 0 else []
    with subprocess.Popen(
        [program, "-q", *user, str(folder / "pgbouncer.ini")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            while not (folder / ".s.PGSQL.6432").exists():
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.01)
            yield f"host={folder} port=6432 user=postgres"
        finally:
            process.terminate()


def test_through_a_pooler(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    # A socket's path is short, and every folder above it is open to the pooler's user.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    try:
        with pooler(server, folder) as keywords:
            url = f"{keywords} dbname={target}"
            with psycopg.connect(url, prepare_threshold=0) as connection, psycopg.connect(url) as neighbour:
                clean = session(neighbour)
                short = functools.partial(dumpsert.restore, [dump[:-99]], connection=connection)
                refused(server, neighbour, short, dumpsert.TruncatedError)
                for expected in (MERGED, AGAIN):
                    assert counts(dumpsert.restore([dump], connection=connection)) == expected
                # It is the one connection to the server that they share.
                assert session(neighbour) == clean
    finally:
        shutil.rmtree(folder)
    check_merged(server, source, target)


def test_rows_that_the_dump_does_not_have(server: Server, databases: Databases) -> None:
    source, target = databases
    server.psql(target, b"INSERT INTO parent VALUES (20001, 'only here');")
    dump = server.pg_dump(source, "--data-only")
    with psycopg.connect(server.url(target)) as connection:
        with pytest.raises(dumpsert.DumpsertError, match="prune_max permits 0"):
            dumpsert.restore([dump], connection=connection, prune=True, prune_max="0%")
        outcome = dumpsert.restore([dump], connection=connection, prune=True)
        assert sum(table.deleted or 0 for table in outcome.tables) >= 1
        again = dumpsert.restore([dump], connection=connection, prune=True, prune_max=0)
        assert [table.deleted for table in again.tables] == [0, 0]
