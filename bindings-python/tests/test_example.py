"""The example `examples/python-migration`, on a database of many tenants."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from conftest import ROOT, Server, run, without_rust

EXAMPLE = ROOT / "examples/python-migration"
TENANT = "cm3k9x0a10001qzrm8d2c7e9z"

# What belongs to the tenant, said by hand: the example itself finds it in the catalog.
BELONGS = {
    "businesses": "id = '{0}'",
    "business_settings": "\"businessId\" = '{0}'",
    "users": "\"businessId\" = '{0}'",
    "sessions": '"userId" IN (SELECT id FROM users WHERE "businessId" = \'{0}\')',
    "categories": "\"businessId\" = '{0}'",
    "products": "\"businessId\" = '{0}'",
    '"_CategoryToProduct"': '"B" IN (SELECT id FROM products WHERE "businessId" = \'{0}\')',
    "product_variants": '"productId" IN (SELECT id FROM products WHERE "businessId" = \'{0}\')',
    "stock_movements": "\"businessId\" = '{0}'",
    "customers": "\"businessId\" = '{0}'",
    "orders": "\"businessId\" = '{0}'",
    "order_items": '"orderId" IN (SELECT id FROM orders WHERE "businessId" = \'{0}\')',
    "payments": '"orderId" IN (SELECT id FROM orders WHERE "businessId" = \'{0}\')',
    "audit_logs": "\"businessId\" = '{0}'",
}


@pytest.fixture(scope="module")
def demo(server: Server) -> tuple[str, str]:
    """The demo's database, and a copy of it that has lived on by itself."""
    source = server.create()
    target_sql = ROOT / "examples/demo/diverge.sql"
    assert server.psql(source, ROOT / "testdata/sources/demo.sql").returncode == 0
    target = server.create(like=source)
    assert server.psql(target, target_sql).returncode == 0
    return source, target


def command(server: Server, source: str, target: str, *more: str) -> list[str]:
    urls = ["--source", server.url(source), "--target", server.url(target)]
    return [str(EXAMPLE / "migrate.py"), *urls, "--tenant", TENANT, *more]


def migrate(server: Server, source: str, target: str, *more: str) -> tuple[int, str]:
    result = subprocess.run(
        [sys.executable, *command(server, source, target, *more)],
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout


def rows_of_the_tenant(server: Server, database: str) -> dict[str, set[str]]:
    with psycopg.connect(server.url(database)) as connection:
        return {
            table: {row for (row,) in connection.execute(f"SELECT t::text FROM {table} t WHERE {where}".format(TENANT))}
            for table, where in BELONGS.items()
        }


def check_target(server: Server, source: str, target: str, before: dict[str, list[str]]) -> None:
    """All of the tenant's rows are there, and nothing else is new."""
    ours, after = rows_of_the_tenant(server, source), server.rows(target)
    assert set(after) == {*ours, "_prisma_migrations"}
    for table, rows in ours.items():
        assert rows, f"{table} has no row of the tenant: the test shows nothing of it"
        assert rows <= set(after[table]), table
        assert set(after[table]) - set(before[table]) <= rows, table
        lost = [row for row in set(before[table]) - set(after[table]) if TENANT not in row]
        assert len(lost) <= len(rows), table
    assert after["_prisma_migrations"] == before["_prisma_migrations"]


def test_migration(server: Server, demo: tuple[str, str]) -> None:
    source, target = demo[0], server.create(like=demo[1])
    before = server.rows(target)
    status, said = migrate(server, source, target)
    assert status == 0, said
    assert said.endswith("every row verified\n")
    check_target(server, source, target, before)
    # Rows of other tenants are as they were, whatever the source says of them.
    with psycopg.connect(server.url(target)) as connection:
        row = connection.execute("SELECT name FROM businesses WHERE id = 'demo'").fetchone()
    assert row == ("DEMO",)

    after = server.rows(target)
    status, said = migrate(server, source, target)
    assert status == 0, said
    assert ": 0 inserted, 0 updated, " in said
    assert server.rows(target) == after


def test_it_tries_again(server: Server, demo: tuple[str, str]) -> None:
    """Somebody holds a lock for a while."""
    source, target = demo[0], server.create(like=demo[1])
    before = server.rows(target)
    with psycopg.connect(server.url(target)) as connection:
        connection.execute("LOCK TABLE products")
        with subprocess.Popen(
            [sys.executable, *command(server, source, target, "--lock-timeout", "100ms", "--attempts", "10")],
            env=server.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if "attempt 1 failed" in line:
                    connection.rollback()
        status = process.returncode
    assert status == 0, said
    assert "attempt 1 failed, again in 1 s:" in said
    assert "55P03" in said
    check_target(server, source, target, before)


def test_exit_statuses(server: Server, demo: tuple[str, str]) -> None:
    source, target = demo[0], server.create(like=demo[1])
    before = server.rows(target)
    for more, expected, words in [
        (["--tenant", "nobody"], 2, "there is no tenant 'nobody'"),
        (["--tenant-table", "shops"], 2, "there is no table public.shops"),
        (["--lock-timeout", "soon"], 2, "`lock_timeout`"),
        (["--source", server.url("missing")], 3, 'database "missing" does not exist'),
        (["--target", server.url("missing"), "--attempts", "1"], 3, 'database "missing" does not exist'),
        (["--nonsense"], 2, "unrecognized arguments"),
    ]:
        status, said = migrate(server, source, target, *more)
        assert (status, words in said) == (expected, True), said
    assert server.rows(target) == before

    with psycopg.connect(server.url(target)) as connection:
        connection.execute("ALTER TABLE orders ALTER total TYPE numeric(12, 1)")
    status, said = migrate(server, source, target)
    assert (status, "would be rounded in total of public.orders" in said) == (3, True), said
    with psycopg.connect(server.url(target)) as connection:
        # A date takes the text of a timestamp, and forgets the time.
        connection.execute("ALTER TABLE orders ALTER total TYPE numeric(12, 2)")
        connection.execute('ALTER TABLE orders ALTER "placedAt" TYPE date')
    status, said = migrate(server, source, target)
    assert status == 4, said
    assert "public.orders: " in said
    assert "rows are not in the target" in said


def test_ctrl_c(server: Server, demo: tuple[str, str]) -> None:
    """While it waits for a lock: nothing is changed, and no process is left."""
    import signal

    source, target = demo[0], server.create(like=demo[1])
    before = server.rows(target)
    with psycopg.connect(server.url(target)) as connection:
        connection.execute("LOCK TABLE products")
        with subprocess.Popen(
            [sys.executable, *command(server, source, target)],
            env=server.environment,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            time.sleep(3)
            # As a terminal does: to all of them.
            import os

            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=20) == 130
            assert process.stderr is not None
            assert b"interrupted" in process.stderr.read()
    assert server.rows(target) == before


def test_in_a_fresh_environment(server: Server, demo: tuple[str, str], wheel: Path, tmp_path: Path) -> None:
    """Outside of the clone, with the wheel and no Rust at hand."""
    source, target = demo[0], server.create(like=demo[1])
    before = server.rows(target)
    environment = without_rust(tmp_path, f"{server.bindir}/pg_dump", f"{server.bindir}/psql")
    run(sys.executable, "-m", "venv", "fresh", folder=tmp_path, environment=environment)
    shutil.copytree(EXAMPLE, tmp_path / "example")
    requirements = (EXAMPLE / "requirements.txt").read_text().splitlines()
    drivers = [line for line in requirements if line and not line.startswith("dumpsert")]
    pip = str(tmp_path / "fresh/bin/pip")
    run(pip, "install", "-q", str(wheel), *drivers, folder=tmp_path, environment=environment)
    clients = {name: value for name, value in server.environment.items() if name.startswith("PG")}
    environment |= clients
    program, *arguments = command(server, source, target)
    python = str(tmp_path / "fresh/bin/python")
    said = run(python, f"example/{Path(program).name}", *arguments, folder=tmp_path, environment=environment)
    assert said.endswith("every row verified\n")
    check_target(server, source, target, before)
