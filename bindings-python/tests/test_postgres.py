"""Against a real PostgreSQL: dump a database, convert, restore, compare every row."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import dumpsert
import psycopg
import pytest
from conftest import Server, check_merged
from dumpsert import CATALOG_QUERY, Catalog
from psycopg.rows import dict_row

Databases = tuple[str, str]


@pytest.mark.parametrize("style", ["rows", "batches", "staged"])
def test_merge(style: Any, server: Server, databases: Databases, tmp_path: Path) -> None:
    source, target = databases
    dump, script = tmp_path / "dump.sql", tmp_path / "merge.sql"
    dump.write_bytes(server.pg_dump(source))
    report = dumpsert.convert(dump, script, style=style)
    assert report.rows_kept == report.rows_read == 1000
    assert [table.table for table in report.tables] == ["public.child", "public.parent"]
    for _ in range(2):
        result = server.psql(target, script)
        assert result.returncode == 0, result.stderr.decode()
        check_merged(server, source, target)


def test_pipe(server: Server, databases: Databases) -> None:
    """As in a shell: pg_dump into dumpsert into psql."""
    source, target = databases
    with (
        subprocess.Popen(["pg_dump", source], env=server.environment, stdout=subprocess.PIPE) as pg_dump,
        subprocess.Popen(
            ["psql", "-X", "-d", target], env=server.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as psql,
    ):
        assert pg_dump.stdout is not None
        assert psql.stdin is not None
        report = dumpsert.convert(pg_dump.stdout, psql.stdin, style="staged")
        psql.stdin.close()
    assert (pg_dump.returncode, psql.returncode, report.rows_kept) == (0, 0, 1000)
    check_merged(server, source, target)


def test_a_broken_dump_changes_nothing(server: Server, databases: Databases) -> None:
    source, target = databases
    before = server.rows(target)
    dump = server.pg_dump(source)
    script = b""
    with pytest.raises(dumpsert.TruncatedError):
        for chunk in dumpsert.rewrite([dump[: len(dump) // 2]], style="staged"):
            script += chunk
    assert server.psql(target, script).returncode == 3
    assert server.rows(target) == before


def test_catalog_of_a_connection(server: Server, databases: Databases) -> None:
    source, _ = databases
    schema = server.pg_dump(source, "--schema-only")
    expected = Catalog.from_schema_sql(schema)
    with psycopg.connect(server.url(source)) as connection:
        assert Catalog.from_connection(connection) == expected
        connection.row_factory = dict_row  # type: ignore[assignment]
        assert Catalog.from_connection(connection) == expected
        # A driver that leaves JSON as it is.
        connection.adapters.register_loader("json", psycopg.types.string.TextLoader)
        assert Catalog.from_connection(connection) == expected
    with psycopg.connect(server.url(source)) as connection:
        row = connection.execute(CATALOG_QUERY).fetchone()
        assert row is not None
        assert Catalog.from_json(json.dumps(row[0])) == expected


def test_not_a_connection(server: Server, databases: Databases) -> None:
    source, _ = databases
    with pytest.raises(AttributeError, match="cursor"):
        Catalog.from_connection(server.url(source))
    with psycopg.connect(server.url(source)) as connection:
        pass
    with pytest.raises(psycopg.OperationalError, match="closed"):
        Catalog.from_connection(connection)

    async def connect() -> None:
        async with await psycopg.AsyncConnection.connect(server.url(source)) as connection:
            with pytest.raises(TypeError, match="CATALOG_QUERY yourself"):
                Catalog.from_connection(connection)
            row = await (await connection.execute(CATALOG_QUERY)).fetchone()
            assert row is not None
            assert Catalog.from_json(json.dumps(row[0])) == Catalog.from_schema_sql(server.pg_dump(source, "-s"))

    import asyncio

    asyncio.run(connect())


def test_statements_for_a_driver(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only", "--column-inserts")
    with psycopg.connect(server.url(target)) as connection:
        statements = dumpsert.statements([dump], style="batches", catalog=Catalog.from_connection(connection))
        for statement in statements:
            connection.execute(statement.encode())
    assert statements.report is not None
    assert statements.report.rows_kept == 1000
    check_merged(server, source, target)

    # Half of it, committed by mistake.
    before = server.rows(target)
    with psycopg.connect(server.url(target)) as connection:
        with pytest.raises(dumpsert.TruncatedError):
            for statement in dumpsert.statements([dump[: len(dump) // 2]], catalog=Catalog.from_connection(connection)):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.commit()
    assert server.rows(target) == before
    with pytest.raises(dumpsert.ConfigError, match="client = driver"):
        list(dumpsert.statements([dump], client="psql"))
    with pytest.raises(dumpsert.ConfigError, match="statements"):
        dumpsert.convert([dump], client="driver")


def test_rows_as_they_come(server: Server, databases: Databases) -> None:
    """A dump that a program makes by itself, of tables whose rows it chooses."""
    source, target = databases
    with psycopg.connect(server.url(source)) as connection:
        cursor = connection.cursor()

        def chunks() -> Any:
            for table, columns in (("parent", "id, v"), ("child", "id, parent, v")):
                yield f"COPY public.{table} ({columns}) FROM stdin;\n".encode()
                with cursor.copy(f"COPY (SELECT {columns} FROM public.{table} WHERE id <= 10) TO STDOUT") as copy:
                    yield from copy
                yield b"\\.\n"

        script = b"".join(dumpsert.rewrite(chunks(), style="staged"))
    before = server.rows(target)
    result = server.psql(target, script)
    assert result.returncode == 0, result.stderr.decode()
    changed = {table: set(rows) ^ set(before[table]) for table, rows in server.rows(target).items()}
    # Of the ten, the target lacked three children, and two parents differed.
    assert {table: len(rows) for table, rows in changed.items()} == {"parent": 4, "child": 3}
