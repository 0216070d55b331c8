"""A bug of the engine is an `InternalError`, whatever was called; the build that is tested can be made to panic."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dumpsert
import pytest
from conftest import PACKAGE

ROW = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n"
SCHEMA = "CREATE TABLE public.t (id text PRIMARY KEY, v text REFERENCES public.t);"
CATALOG = dumpsert.Catalog.from_schema_sql(SCHEMA)
SCHEMA_FILES = [("schema.sql", SCHEMA.encode())]
PLAIN = dumpsert.Options()
READ_AHEAD = dumpsert.Options(exclude="public.t: v = 'no'", catalog=CATALOG)


def finished(one: Any) -> object:
    one.write(ROW)
    return one.finish()


def restored(folder: Path) -> None:
    """There is no server here: without programs it ends before it asks for one."""
    with contextlib.suppress(dumpsert.DumpIOError):
        dumpsert.restore([ROW], to="dbname=x", bin_dir=folder)


# What goes through each door, as the library itself calls it.
DOORS: dict[str, Callable[[Path], object]] = {
    "Catalog._from_file": lambda _: dumpsert._core.Catalog._from_file(CATALOG.to_json().encode()),
    "Catalog._from_schema_files": lambda _: dumpsert._core.Catalog._from_schema_files(SCHEMA_FILES),
    "Catalog._from_schema_files: end": lambda _: dumpsert._core.Catalog._from_schema_files(SCHEMA_FILES),
    "Catalog.from_json": lambda _: dumpsert.Catalog.from_json(CATALOG.to_json()),
    "Catalog.from_schema_sql": lambda _: dumpsert.Catalog.from_schema_sql(SCHEMA),
    "Catalog.from_schema_sql: end": lambda _: dumpsert.Catalog.from_schema_sql(SCHEMA),
    "Catalog.to_json": lambda _: CATALOG.to_json(),
    "Options": lambda _: dumpsert.Options(),
    "Options.needs_prescan": lambda _: PLAIN.needs_prescan,
    "Prescan": lambda _: dumpsert.Prescan(options=READ_AHEAD),
    "Prescan.finish": lambda _: finished(dumpsert.Prescan(options=READ_AHEAD)),
    "Prescan.write": lambda _: dumpsert.Prescan(options=READ_AHEAD).write(ROW),
    "Rewriter": lambda _: dumpsert.Rewriter(options=PLAIN),
    "Rewriter.abort": lambda _: dumpsert.Rewriter(options=PLAIN).abort(),
    "Rewriter.finish": lambda _: finished(dumpsert.Rewriter(options=PLAIN)),
    "Rewriter.write": lambda _: dumpsert.Rewriter(options=PLAIN).write(ROW),
    "convert": lambda folder: dumpsert.convert([ROW], folder / "out.sql", options=PLAIN),
    "convert: source": lambda folder: dumpsert.convert([ROW], folder / "out.sql", options=PLAIN),
    "convert: target": lambda folder: dumpsert.convert([ROW], folder / "out.sql", options=PLAIN),
    "inspect": lambda _: dumpsert.inspect([ROW], options=PLAIN),
    "restore": restored,
    "restore: run": restored,
    "rewrite": lambda _: dumpsert.rewrite([ROW], options=PLAIN),
    "rewrite: next": lambda _: list(dumpsert.rewrite([ROW], options=PLAIN)),
    "statements: next": lambda _: list(dumpsert.statements([ROW], options=PLAIN)),
}


@pytest.fixture
def panic(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make the engine panic, from now on, behind the door that is named."""
    return lambda door: monkeypatch.setenv("DUMPSERT_TEST_PANIC", door)


@pytest.mark.parametrize("door", DOORS)
def test_a_panic_is_an_internal_error(door: str, panic: Callable[[str], None], tmp_path: Path) -> None:
    call = DOORS[door]
    call(tmp_path)
    (tmp_path / "out.sql").unlink(missing_ok=True)
    panic(door)
    with pytest.raises(dumpsert.InternalError) as caught:
        call(tmp_path)
    error = caught.value
    assert isinstance(error, Exception)
    assert (error.kind, error.category) == ("internal", "internal")
    assert str(error) == error.message == f"a bug in dumpsert, in {door}: made for tests"
    assert error.output == b""
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert list(tmp_path.iterdir()) == []


def test_every_door_is_known() -> None:
    """The engine is called through doors, and each is above."""
    doors = set()
    for file in (PACKAGE / "src").glob("*.rs"):
        doors |= set(re.findall(r'(?:or_fault|value_or_fault|run|open)\(\s*(?:py, )?"([^"]+)"', file.read_text()))
    assert doors == {*DOORS, "main"}


@pytest.mark.parametrize("size", [len(ROW), 1 << 20])
def test_a_rewriter_says_so_afterwards(size: int, panic: Callable[[str], None]) -> None:
    """Also where the engine runs without Python."""
    rewriter = dumpsert.Rewriter()
    rewriter.write(ROW)
    data = ROW * (size // len(ROW))
    panic("Rewriter.write")
    with pytest.raises(dumpsert.InternalError, match="made for tests"):
        rewriter.write(data)
    panic("")
    calls: list[Callable[[], object]] = [lambda: rewriter.write(data), rewriter.finish, rewriter.abort]
    for call in calls:
        with pytest.raises(dumpsert.InternalError, match=r"the Rewriter has failed before: a bug .*Rewriter\.write:"):
            call()
    assert rewriter.report is None


def test_a_panic_between_slices() -> None:
    """What the slices before have made is not returned: it goes nowhere that the script could go on from."""
    calls: list[int] = []

    def panic_now(done: int, _rows: int, _table: str | None) -> None:
        calls.append(done)
        os.environ["DUMPSERT_TEST_PANIC"] = "Rewriter.write"

    rewriter = dumpsert.Rewriter(progress=panic_now)
    time.sleep(0.15)  # so that the first slice is told of
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUMPSERT_TEST_PANIC", "")
        with pytest.raises(dumpsert.InternalError, match="made for tests") as caught:
            rewriter.write(ROW * (4 * (1 << 20) // len(ROW)))
    assert len(calls) == 1
    assert 0 < calls[0] <= 1 << 20
    assert caught.value.output == b""
    with pytest.raises(dumpsert.InternalError, match="has failed before"):
        rewriter.finish()


def test_with_blocks_tell_of_the_panic(panic: Callable[[str], None]) -> None:
    with pytest.raises(dumpsert.InternalError, match=r"^a bug in dumpsert.*made for tests"), dumpsert.Rewriter() as one:
        panic("Rewriter.write")
        one.write(ROW)


def test_iterators_end_after_a_panic(panic: Callable[[str], None]) -> None:
    runs: list[tuple[str, Any]] = [
        ("rewrite: next", dumpsert.rewrite([ROW])),
        ("statements: next", dumpsert.statements([ROW])),
    ]
    for door, items in runs:
        panic(door)
        with pytest.raises(dumpsert.InternalError, match="made for tests"):
            next(items)
        panic("")
        assert list(items) == []
        assert items.report is None


def test_a_prescan_has_ended_after_a_panic(panic: Callable[[str], None]) -> None:
    prescan = dumpsert.Prescan(options=READ_AHEAD)
    panic("Prescan.write")
    with pytest.raises(dumpsert.InternalError, match="made for tests"):
        prescan.write(ROW)
    panic("")
    with pytest.raises(dumpsert.ConfigError, match="ended already"):
        prescan.finish()


def test_threads_of_asyncio(panic: Callable[[str], None]) -> None:
    async def run() -> None:
        with pytest.raises(dumpsert.InternalError, match="made for tests"):
            await dumpsert.aconvert([ROW])

    panic("convert")
    asyncio.run(run())


def test_the_command_line() -> None:
    """It ends as a program in Rust does that panics."""
    environment = {**os.environ, "DUMPSERT_TEST_PANIC": "main"}
    command = [sys.executable, "-m", "dumpsert", "--version"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (101, "")
    assert "made for tests" in result.stderr
    assert "Traceback" not in result.stderr
