#!/usr/bin/env python3
"""Copy what belongs to one tenant from one PostgreSQL database into another that is in use, and verify every row.

pg_dump writes the source, dumpsert leaves out the other tenants and makes one transaction of upserts, psql runs it.
What the target holds of other tenants stays as it is. The script can be run again and again.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dumpsert
import psycopg
from dumpsert import Catalog, Report
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

# Exit statuses, beside 0: done and verified, and 2 of argparse.
DUMP, USAGE, SYSTEM, DIFFERENT = 1, 2, 3, 4

# Another session was in the way, or the server went: worth another try. https://www.postgresql.org/docs/current/errcodes-appendix.html
RETRY = re.compile(r"^(?:psql:.*)?(?:ERROR|FATAL): +(?:55P03|40001|40P01|57P01|57P02|57P03|53300):", re.MULTILINE)
# A record of the target's own, which dumpsert leaves out by itself.
OWN_TABLES = {("public", "_prisma_migrations")}


class MigrationError(Exception):
    """What ends the migration, with the exit status."""

    def __init__(self, status: int, text: str, *, retry: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.retry = retry


@dataclass
class Tenants:
    """Which rows belong to a tenant: told by a column, else by what they reference."""

    catalog: dict[str, Any]
    root: str
    column: str
    tenant: str
    tables: dict[tuple[str, str], dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        # Partitions hold the rows of their table, and pg_dump writes them under their own names.
        self.tables = {(table["schema"], table["name"]): table for table in self.catalog["tables"]}

    def own_column(self, name: tuple[str, str]) -> str | None:
        """Return the column that tells whose a row is."""
        if name == ("public", self.root):
            return "id"
        columns = (column["name"] for column in self.tables[name]["columns"])
        return self.column if self.column in columns else None

    def exclusions(self) -> list[str]:
        """Say what dumpsert leaves out; rows that reference such rows go with them."""
        conditions = []
        for schema, name in self.tables:
            column = self.own_column((schema, name))
            if column is not None:
                is_other = f"{quote(column)} <> {literal(self.tenant)} OR {quote(column)} IS NULL"
                conditions.append(f"{quote(schema)}.{quote(name)}: {is_other}")
        return conditions

    def condition(self, name: tuple[str, str], alias: str = "t", seen: frozenset[Any] = frozenset()) -> sql.Composable:
        """Say the same in PostgreSQL's words, to verify it without dumpsert."""
        column = self.own_column(name)
        if column is not None:
            return sql.SQL("{} = {}").format(sql.Identifier(alias, column), sql.Literal(self.tenant))
        conditions: list[sql.Composable] = [sql.SQL("true")]
        for key in self.tables[name]["foreign_keys"]:
            other = (key["references"]["schema"], key["references"]["name"])
            if other in seen | {name}:
                continue
            inner = f"{alias}_"
            pairs = zip(key["columns"], key["referenced_columns"], strict=True)
            equal = [sql.SQL("{} = {}").format(sql.Identifier(alias, a), sql.Identifier(inner, b)) for a, b in pairs]
            conditions.append(
                sql.SQL("({} OR EXISTS (SELECT FROM {} AS {} WHERE {} AND {}))").format(
                    sql.SQL(" OR ").join(
                        sql.SQL("{} IS NULL").format(sql.Identifier(alias, column)) for column in key["columns"]
                    ),
                    sql.Identifier(*other),
                    sql.Identifier(inner),
                    sql.SQL(" AND ").join(equal),
                    self.condition(other, inner, seen | {name}),
                )
            )
        return sql.SQL(" AND ").join(conditions)

    def rows(self, connection: psycopg.Connection[Any], name: tuple[str, str]) -> Iterator[str]:
        """Yield the tenant's rows as text, in the order of their bytes."""
        columns = sql.SQL(", ").join(
            sql.Identifier("t", column["name"]) for column in self.tables[name]["columns"] if not column["generated"]
        )
        query = sql.SQL('SELECT ROW({})::text COLLATE "C" FROM {} AS t WHERE {} ORDER BY 1').format(
            columns, sql.Identifier(*name), self.condition(name)
        )
        # A cursor of the server's, so that no table has to fit into memory.
        with connection.cursor("rows") as cursor:
            cursor.itersize = 10_000
            for (row,) in cursor.execute(query):
                yield row


class Progress:
    """A line on a terminal: how far the dump is."""

    def __init__(self, *, is_shown: bool) -> None:
        self.is_shown = is_shown
        self.start = time.monotonic()

    def __call__(self, done: int, rows: int, table: str | None) -> None:
        """Show what dumpsert tells."""
        if self.is_shown:
            speed = done / 1e6 / max(time.monotonic() - self.start, 1e-3)
            print(
                f"\r\x1b[K{done / 1e6:,.1f} MB, {rows:,} rows, {speed:,.1f} MB/s  {table or ''}",
                end="",
                file=sys.stderr,
            )

    def close(self) -> None:
        """Leave the line empty."""
        if self.is_shown:
            print("\r\x1b[K", end="", file=sys.stderr)


def quote(name: str) -> str:
    """Write a name as SQL does."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a string as SQL does."""
    return "'" + text.replace("'", "''") + "'"


def copy(arguments: argparse.Namespace, tenants: Tenants, snapshot: str) -> tuple[Report, dict[str, Any]]:
    """Run pg_dump, dumpsert and psql as one pipe; return what dumpsert and what the target have counted."""
    dump_command = ["pg_dump", f"--snapshot={snapshot}", "--encoding=UTF8", f"--dbname={arguments.source}"]
    psql_command = ["psql", "-X", "-v", "VERBOSITY=verbose", f"--dbname={arguments.target}"]
    progress = Progress(is_shown=sys.stderr.isatty() and not arguments.quiet)
    # Their words go to files: a pipe that nobody reads could fill up.
    with (
        tempfile.TemporaryFile() as dump_said,
        tempfile.TemporaryFile() as psql_said,
        tempfile.TemporaryFile() as answer,
    ):
        report = error = None
        with (
            subprocess.Popen(dump_command, stdout=subprocess.PIPE, stderr=dump_said) as pg_dump,
            # Unbuffered: what is left in a buffer when psql has ended could only fail once more.
            subprocess.Popen(psql_command, bufsize=0, stdin=subprocess.PIPE, stdout=answer, stderr=psql_said) as psql,
        ):
            assert pg_dump.stdout is not None
            assert psql.stdin is not None
            try:
                report = dumpsert.convert(
                    pg_dump.stdout,
                    psql.stdin,
                    style="staged",
                    lock_timeout=arguments.lock_timeout,
                    exclude=tenants.exclusions(),
                    progress=progress,
                )
                psql.stdin.close()
            except BrokenPipeError:
                pass  # psql has ended: it says why
            except dumpsert.DumpsertError as dump_error:
                error = dump_error  # the script fails, and nothing is changed
            finally:
                progress.close()

        def said(file: Any) -> str:
            file.seek(0)
            return str(file.read().decode(errors="replace")).strip()

        # Whoever failed first is to blame: a dump that is cut is pg_dump's doing, not dumpsert's.
        if pg_dump.returncode > 0:
            raise MigrationError(SYSTEM, said(dump_said), retry=True)
        if error is not None:
            raise MigrationError(USAGE if isinstance(error, dumpsert.ConfigError) else DUMP, str(error)) from error
        if psql.returncode != 0 or report is None:
            words = said(psql_said)
            # 2: the connection was lost; nothing was committed, unless it was lost in the very COMMIT. Again is right.
            retry = psql.returncode == 2 or RETRY.search(words) is not None
            raise MigrationError(SYSTEM, words or f"psql has ended with status {psql.returncode}", retry=retry)
        answer_text = said(answer)
        return report, json.loads(answer_text) if answer_text else {}


def missing_rows(source: Iterator[str], target: Iterator[str]) -> tuple[int, int]:
    """Count the rows of the source, and those of them that the target lacks; both are in order."""
    rows = missing = 0
    ours = next(target, None)
    for row in source:
        rows += 1
        while ours is not None and ours.encode() < row.encode():
            ours = next(target, None)
        if ours == row:
            ours = next(target, None)
        else:
            missing += 1
    return rows, missing


def verify(source: psycopg.Connection[Any], target_url: str, tenants: Tenants, report: Report) -> list[str]:
    """Compare every row, and what dumpsert says it has copied with what there is; return what is wrong."""
    kept = {table.table: table.rows_kept for table in report.tables}
    problems = []
    with psycopg.connect(target_url) as target:
        for name, table in tenants.tables.items():
            if name in OWN_TABLES or table["kind"] != "table":
                continue
            rows, missing = missing_rows(tenants.rows(source, name), tenants.rows(target, name))
            if missing:
                problems.append(
                    f"{'.'.join(name)}: {missing} of {rows} rows are not in the target as they are in the source"
                )
            text = ".".join(part if re.fullmatch("[a-z_][a-z0-9_$]*", part) else quote(part) for part in name)
            if kept.get(text, 0) != rows:
                problems.append(f"{text}: {kept.get(text, 0)} rows were copied, {rows} belong to the tenant")
    return problems


def migrate(arguments: argparse.Namespace) -> None:
    """Do the whole job within one snapshot of the source."""
    with psycopg.connect(arguments.source) as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        source.read_only = True
        row = source.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        snapshot: str = row[0]
        catalog = json.loads(Catalog.from_connection(source).to_json())
        tenants = Tenants(catalog, arguments.tenant_table, arguments.tenant_column, arguments.tenant)
        root = ("public", arguments.tenant_table)
        if root not in tenants.tables:
            raise MigrationError(USAGE, f"there is no table {'.'.join(root)} in the source")
        if next(tenants.rows(source, root), None) is None:
            raise MigrationError(USAGE, f"there is no tenant {arguments.tenant!r} in the source")

        for attempt in range(1, arguments.attempts + 1):
            try:
                report, answer = copy(arguments, tenants, snapshot)
                break
            except MigrationError as failure:
                if not failure.retry or attempt == arguments.attempts:
                    raise
                pause = min(2 ** (attempt - 1), 30)
                print(f"attempt {attempt} failed, again in {pause} s: {failure}", file=sys.stderr)
                time.sleep(pause)

        problems = verify(source, arguments.target, tenants, report)
        if problems:
            raise MigrationError(DIFFERENT, "\n".join(problems))
    if not arguments.quiet:
        counts = {
            name: sum(table.get(name) or 0 for table in answer.get("tables", ()))
            for name in ("inserted", "updated", "unchanged")
        }
        print(
            f"{report.rows_kept} of {report.rows_read} rows belong to the tenant: "
            + ", ".join(f"{n} {what}" for what, n in counts.items())
        )
        print("every row verified")


def main() -> int:
    """Run it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, help="connection string or URL of the source")
    parser.add_argument("--target", required=True, help="connection string or URL of the target, which has the tables")
    parser.add_argument("--tenant", required=True, help="id of the tenant")
    parser.add_argument("--tenant-table", default="businesses", help="table of the tenants (default: %(default)s)")
    parser.add_argument(
        "--tenant-column", default="businessId", help="column that tells whose a row is (default: %(default)s)"
    )
    parser.add_argument(
        "--lock-timeout", default="10s", help="how long to wait for a lock of the target (default: %(default)s)"
    )
    parser.add_argument("--attempts", type=int, default=3, help="how often to try (default: %(default)s)")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    arguments = parser.parse_args()
    try:
        migrate(arguments)
    except MigrationError as failure:
        print(f"migrate: {failure}", file=sys.stderr)
        return failure.status
    except (psycopg.Error, OSError) as error:
        print(f"migrate: {error}", file=sys.stderr)
        return SYSTEM
    except KeyboardInterrupt:
        print("migrate: interrupted; nothing was changed unless the copy was complete", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
