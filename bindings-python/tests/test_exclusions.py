"""Rows that are left out: the same by every way in, and what PostgreSQL itself keeps when it deletes them."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dumpsert
import pytest
from conftest import ROOT, Server, cut

SCHEMA = """CREATE TABLE public.people (id integer PRIMARY KEY, boss integer REFERENCES public.people);
CREATE TABLE public.notes (id integer PRIMARY KEY, person integer REFERENCES public.people ON DELETE SET NULL, v text);
"""
# Whoever has a boss comes before the boss, and notes before people: one reading cannot decide it.
ROWS = (
    "INSERT INTO public.notes (id, person, v) VALUES (1, 3, 'of one who goes'), (2, 9, 'of one who stays');\n"
    "INSERT INTO public.people (id, boss) VALUES (3, 2), (2, 1), (1, NULL), (9, NULL);\n"
)
FULL = (SCHEMA + ROWS).encode()
OPTIONS: dict[str, Any] = {"style": "staged", "exclude": "public.people: id = 1"}


def by_command_line(program: str, dump: bytes, folder: Path, *arguments: str) -> tuple[bytes, str]:
    command = [program, "convert", "--quiet", "--report", "report.json", *arguments, "-"]
    result = subprocess.run(command, input=dump, cwd=folder, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout, (folder / "report.json").read_text().removesuffix("\n")


def test_every_way_in(program: str, tmp_path: Path) -> None:
    """A file is read twice, all else is kept meanwhile."""
    dump = tmp_path / "dump.sql"
    dump.write_bytes(FULL)
    arguments = ["--style", "staged", "--exclude", OPTIONS["exclude"]]
    script, report = by_command_line(program, FULL, tmp_path, *arguments)
    assert json.loads(report)["tables"][0]["references_changed"] == 1
    sources: list[Callable[[], Any]] = [lambda: dump, lambda: io.BytesIO(FULL)]
    sources += [partial(cut, FULL, size) for size in (1, 7, 1 << 20)]
    for source in sources:
        chunks = dumpsert.rewrite(source(), **OPTIONS)
        assert b"".join(chunks) == script
        assert chunks.report is not None
        assert chunks.report.to_json() == report
        target = io.BytesIO()
        assert dumpsert.convert(source(), target, **OPTIONS).to_json() == report
        assert target.getvalue() == script
        inspection = dumpsert.inspect(source(), **OPTIONS)
        kept = {table.table: (table.rows_kept, table.references_changed) for table in inspection.report.tables}
        assert kept == {"public.notes": (2, 1), "public.people": (1, 0)}


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_prescan(size: int) -> None:
    """By hand: as often as the options ask for it."""
    options = dumpsert.Options(OPTIONS)
    readings = 0
    while options.needs_prescan:
        prescan = dumpsert.Prescan(options=options)
        for chunk in cut(FULL, size):
            if not prescan.write(chunk):
                break
        options = prescan.finish()
        readings += 1
    assert readings >= 2  # the tables, then the rows
    with dumpsert.Rewriter(options=options) as rewriter:
        script = b"".join([*(rewriter.write(chunk) for chunk in cut(FULL, size)), rewriter.finish()])
    assert script == b"".join(dumpsert.rewrite([FULL], **OPTIONS))
    assert options.is_learned
    for change in (lambda: dumpsert.Options(options, style="rows"), lambda: pickle.dumps(options)):
        with pytest.raises(TypeError, match="options that know a dump"):
            change()


def test_prescan_misused() -> None:
    with pytest.raises(dumpsert.ConfigError, match="needs no reading"):
        dumpsert.Prescan(style="staged")
    prescan = dumpsert.Prescan(options=OPTIONS)
    with pytest.raises(TypeError, match="bytes are wanted"):
        prescan.write(1)  # type: ignore[arg-type]
    prescan.write(FULL)
    prescan.finish()
    for call in (prescan.finish, lambda: prescan.write(FULL)):
        with pytest.raises(dumpsert.ConfigError, match="ended already") as caught:
            call()
        assert caught.value.kind == "finished"
    broken = dumpsert.Prescan(catalog=dumpsert.Catalog.from_schema_sql(SCHEMA), **OPTIONS)
    with pytest.raises(dumpsert.DumpSyntaxError):
        broken.write(ROWS.encode() + b"INSERT INTO public.people (id, boss) VALUES (now(), 1);\n")
        broken.finish()
    with pytest.raises(dumpsert.ConfigError, match="ended already"):
        broken.write(FULL)


def test_one_reading_refuses_what_it_cannot_decide() -> None:
    rewriter = dumpsert.Rewriter(catalog=dumpsert.Catalog.from_schema_sql(SCHEMA), **OPTIONS)
    with pytest.raises(dumpsert.DumpsertError) as caught:
        rewriter.write(ROWS.encode()) + rewriter.finish()
    assert b"RAISE EXCEPTION" in caught.value.output
    with pytest.raises(dumpsert.ConfigError, match="foreign keys"):
        dumpsert.convert([ROWS.encode()], exclude="public.people: id = 1")


def test_soft_references() -> None:
    dump = b"""CREATE TABLE public.shops (id text PRIMARY KEY);
CREATE TABLE public.visits (id integer PRIMARY KEY, "shopId" text);
INSERT INTO public.shops (id) VALUES ('a-shop-of-old');
INSERT INTO public.visits (id, "shopId") VALUES (5, 'a-shop-of-old');
"""
    options: dict[str, Any] = {"style": "staged", "exclude": "public.shops: id = 'a-shop-of-old'"}
    report = dumpsert.convert([dump], **options)
    (soft,) = report.soft_references
    assert (soft["table"], soft["column"], soft["references"], soft["rows"]) == (
        "public.visits",
        "shopId",
        "public.shops",
        1,
    )
    assert dumpsert.convert([dump], foreign_keys=soft["foreign_key"], **options).rows_kept == 0
    assert report.rows_kept == 1


def test_as_postgres_deletes(server: Server, tmp_path: Path) -> None:
    """Of a full dump, whose tables come by name and parents behind children."""
    source = server.create()
    assert server.psql(source, ROOT / "testdata/sources/demo.sql").returncode == 0
    wanted = server.create(like=source)
    assert server.psql(wanted, ROOT / "examples/demo/without-demo.sql").returncode == 0
    target = server.create()
    assert server.psql(target, server.pg_dump(source, "--schema-only")).returncode == 0
    dump, script = tmp_path / "dump.sql", tmp_path / "merge.sql"
    dump.write_bytes(server.pg_dump(source))

    def chunks() -> Iterator[bytes]:
        with dump.open("rb") as file:
            while chunk := file.read(10_007):
                yield chunk

    options: dict[str, Any] = {"style": "staged", "exclude_demo": True}
    report = dumpsert.convert(dump, script, **options)
    assert b"".join(dumpsert.rewrite(chunks(), **options)) == script.read_bytes()
    with subprocess.Popen(["cat", dump], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert dumpsert.convert(process.stdout, tmp_path / "of-a-pipe.sql", **options) == report
    assert (tmp_path / "of-a-pipe.sql").read_bytes() == script.read_bytes()

    result = server.psql(target, script)
    assert result.returncode == 0, result.stderr.decode()
    expected, after = server.rows(wanted), server.rows(target)
    assert after.pop("_prisma_migrations") == []
    del expected["_prisma_migrations"]
    assert after == expected
    assert sum(map(len, expected.values())) == report.rows_kept < report.rows_read
