"""`restore` and `sync` against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import dumpsert
import psycopg
import pytest
from conftest import Server, check_merged, cut
from dumpsert import Catalog, Outcome

Databases = tuple[str, str]

PASSWORD = "s3cret-w0rd"


def url(server: Server, database: str) -> str:
    return f"{server.url(database)} password={PASSWORD}"


def to(server: Server, database: str) -> dict[str, Any]:
    return {"to": url(server, database), "bin_dir": server.bindir}


def counts(outcome: Outcome) -> list[tuple[str, int | None, int | None, int | None]]:
    return [(table.table, table.inserted, table.updated, table.unchanged) for table in outcome.tables]


MERGED = [("public.child", 166, 0, 334), ("public.parent", 0, 100, 400)]
AGAIN = [("public.child", 0, 0, 500), ("public.parent", 0, 0, 500)]


def children() -> list[str]:
    """The programs of this process that are there, also those that nobody has waited for."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, rest = stat.read_text().partition("(")
            name, _, rest = rest.rpartition(") ")
            if int(rest.split()[1]) == os.getpid() and name in ("psql", "pg_dump", "pg_restore"):
                found.append(name)
    return found


def refused(server: Server, target: str, run: Callable[[], object], exception: type[BaseException]) -> BaseException:
    """It raises this, has changed nothing and has left nobody behind."""
    before = server.rows(target)
    with pytest.raises(exception) as raised:
        run()
    assert server.rows(target) == before
    assert children() == []
    error = raised.value
    outcome = getattr(error, "outcome", None)
    assert PASSWORD not in f"{error!s} {error!r} {outcome and outcome.to_json()}"
    return error


def test_every_form_of_a_dump(server: Server, databases: Databases, tmp_path: Path) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    file = tmp_path / "dump.sql"
    file.write_bytes(dump)
    archive = server.pg_dump(source, "-Fc")
    forms: list[Callable[[], Any]] = [
        lambda: file,
        lambda: str(file),
        lambda: io.BytesIO(dump),
        lambda: cut(dump, 1000),
        lambda: (bytearray(chunk) for chunk in cut(dump, 7777)),
        lambda: io.BytesIO(archive),
    ]
    for form in forms:
        copy = server.create(like=target)
        outcome = dumpsert.restore(form(), **to(server, copy))
        assert (outcome.ending, counts(outcome)) == ("committed", MERGED)
        check_merged(server, source, copy)
        assert PASSWORD not in outcome.to_json()
        assert counts(dumpsert.restore(form(), **to(server, copy))) == AGAIN
    assert children() == []


def test_sync_and_phases(server: Server, databases: Databases) -> None:
    source, target = databases
    steps: list[tuple[str, int, int, str | None]] = []
    threads = set()

    def progress(*step: Any) -> None:
        steps.append(step)
        threads.add(threading.current_thread())

    run = {"source": url(server, source), **to(server, target)}
    outcome = dumpsert.sync(**run, progress=progress)
    assert (outcome.ending, counts(outcome)) == ("committed", MERGED)
    check_merged(server, source, target)
    assert list(dict.fromkeys(step[0] for step in steps)) == ["check", "read", "merge", "commit"]
    assert next(step for step in steps if step[0] == "read")[1] > 0
    # In the thread of who has called.
    assert threads == {threading.current_thread()}
    assert counts(dumpsert.sync(**run)) == AGAIN
    assert outcome.dump.rows_read == 1000
    error = refused(server, target, lambda: dumpsert.sync(**{**run, "source": run["to"]}), dumpsert.ConfigError)
    assert "the same database" in str(error)


def test_rows_are_left_out_with_what_references_them(server: Server, databases: Databases) -> None:
    source, target = databases
    copy = server.create(like=target)
    catalog = Catalog.from_schema_sql(server.pg_dump(source, "--schema-only"))
    dump = cut(server.pg_dump(source, "--data-only"), 999)
    options: dict[str, Any] = {"exclude": "public.parent: id <= 250", "cascade": "delete"}
    runs: list[tuple[str, Callable[[], Outcome]]] = [
        (target, lambda: dumpsert.restore(iter(dump), **to(server, target), catalog=catalog, **options)),
        (copy, lambda: dumpsert.sync(source=url(server, source), **to(server, copy), options=options)),
    ]
    for database, run in runs:
        before = server.rows(database)
        outcome = run()
        assert {table.table: table.left_out for table in outcome.tables} == {"public.child": 250, "public.parent": 250}
        changed = set(server.rows(database)["child"]) - set(before["child"])
        assert len(changed) == 83
        assert all(int(row[1:].split(",")[0]) > 250 for row in changed)
        assert all(table.inserted == table.updated == 0 for table in run().tables)


def test_before_commit(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    seen: list[Outcome] = []

    class TooMuchError(Exception):
        pass

    def refuse(outcome: Outcome) -> None:
        seen.append(outcome)
        raise TooMuchError

    refused(server, target, lambda: dumpsert.restore([dump], **to(server, target), before_commit=refuse), TooMuchError)
    (outcome,) = seen
    assert (counts(outcome), len(outcome.input_sha256 or "")) == (MERGED, 64)
    assert counts(dumpsert.restore([dump], **to(server, target), before_commit=seen.append)) == MERGED
    assert [outcome.ending for outcome in seen] == ["rolled_back", "rolled_back"]
    check_merged(server, source, target)


def test_a_dry_run(server: Server, databases: Databases) -> None:
    source, target = databases
    before = server.rows(target)
    outcome = dumpsert.restore([server.pg_dump(source, "--data-only")], **to(server, target), dry_run=True)
    assert (outcome.ending, outcome.dry_run, counts(outcome)) == ("rolled_back", True, MERGED)
    assert server.rows(target) == before


@pytest.mark.parametrize("is_async", [False, True])
def test_a_check_and_what_differs(server: Server, databases: Databases, is_async: bool) -> None:
    source, target = databases
    before = server.rows(target)
    dump = server.pg_dump(source, "--data-only")

    def restore(**options: Any) -> Outcome:
        if is_async:
            return asyncio.run(dumpsert.arestore([dump], **to(server, target), **options))
        return dumpsert.restore([dump], **to(server, target), **options)

    outcome = restore(check=True, diff=2)
    assert (outcome.ending, outcome.check, counts(outcome)) == ("rolled_back", True, MERGED)
    assert [finding.code for finding in outcome.findings if finding.severity == "error"] == []
    (table,) = outcome.differences
    assert (table["table"], table["rows"], len(table["shown"])) == ("public.parent", 100, 2)
    (column,) = table["shown"][0]["columns"]
    assert column["here"] != column["dumped"]
    (hidden,) = restore(check=True, diff=1, hide=column["column"]).differences
    assert hidden["shown"][0]["columns"] == [{"column": column["column"], "hidden": True}]
    assert server.rows(target) == before

    server.psql(target, b"ALTER TABLE child ADD CHECK (id < 400) NOT VALID;")
    outcome = restore(check=True)
    (finding,) = (finding for finding in outcome.findings if finding.severity == "error")
    assert (finding.table, finding.code, finding.rows and finding.rows > 0) == ("public.child", "23514", True)
    assert len(finding.examples) == 10
    assert finding.message == "rows that break the constraint child_id_check"
    assert server.rows(target) == before
    with pytest.raises(dumpsert.ConfigError, match="`verify` is 'normal' or 'strict', not 'never'"):
        restore(verify="never")

    server.psql(
        target,
        b"""ALTER TABLE child DROP CONSTRAINT child_id_check;
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v = upper(NEW.v); RETURN NEW; END';
        CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION shout();""",
    )
    refused(server, target, lambda: restore(triggers="fire", verify="strict"), dumpsert.DumpsertError)
    assert restore(dry_run=True, **{"only_tables": "parent"}).to_dict().get("findings") is None


def test_what_python_raises_ends_it(server: Server, databases: Databases) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")

    class MineError(Exception):
        pass

    def failing() -> Iterator[bytes]:
        yield dump[: len(dump) // 2]
        raise MineError

    refused(server, target, lambda: dumpsert.restore(failing(), **to(server, target)), MineError)
    for at in ("check", "read", "merge", "commit"):
        for exception in (MineError, KeyboardInterrupt):

            def progress(phase: str, *_: Any, at: str = at, exception: type[BaseException] = exception) -> None:
                if phase == at:
                    raise exception

            def run(progress: Any = progress) -> None:
                dumpsert.restore([dump], **to(server, target), progress=progress)

            refused(server, target, run, exception)


INTERRUPTED = """
import sys, dumpsert
def progress(phase, *_):
    if phase == "merge":
        print("merging", flush=True)
try:
    dumpsert.restore(sys.argv[1], to=sys.argv[2], bin_dir=sys.argv[3], progress=progress)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_while_the_target_works(server: Server, databases: Databases, tmp_path: Path) -> None:
    source, target = databases
    file = tmp_path / "dump.sql"
    file.write_bytes(server.pg_dump(source, "--data-only"))
    before = server.rows(target)
    with psycopg.connect(server.url(target)) as connection:
        connection.execute("LOCK TABLE public.parent IN ROW EXCLUSIVE MODE")
        command = [sys.executable, "-c", INTERRUPTED, str(file), url(server, target), server.bindir]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "merging\n"
            child.send_signal(signal.SIGINT)
            assert child.stdout.read() == "interrupted\n"
        assert child.returncode == 0
        connection.rollback()
        ours = "application_name LIKE 'dumpsert%' AND datname = current_database()"
        rest = connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}").fetchone()
    assert rest == (0,)
    assert server.rows(target) == before


def test_bad_dumps(server: Server, databases: Databases, tmp_path: Path) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    file = tmp_path / "cut.sql"
    for part in (0.3, 0.5, 0.999):
        short = dump[: int(len(dump) * part)]
        file.write_bytes(short)
        for form in (file, [short]):
            run = functools.partial(dumpsert.restore, form, **to(server, target))
            error = refused(server, target, run, dumpsert.TruncatedError)
            assert isinstance(error, dumpsert.DumpsertError)
            assert error.outcome is not None
            assert error.outcome.ending == "rolled_back"
    bad = [dump, b"DELETE FROM public.parent;"]
    refused(server, target, lambda: dumpsert.restore(bad, **to(server, target)), dumpsert.UnsupportedError)
    archive = server.pg_dump(source, "-Fc")[:3000]
    refused(server, target, lambda: dumpsert.restore([archive], **to(server, target)), dumpsert.DumpIOError)


def test_rows_stand_in_no_error(server: Server, databases: Databases) -> None:
    source, target = databases
    with psycopg.connect(server.url(target)) as connection:
        connection.execute("ALTER TABLE public.parent ADD CONSTRAINT c CHECK (v <> 'it''s; row 400') NOT VALID")
    dump = server.pg_dump(source, "--data-only")
    error = refused(server, target, lambda: dumpsert.restore([dump], **to(server, target)), dumpsert.DumpIOError)
    assert isinstance(error, dumpsert.DumpsertError)
    assert (error.kind, "it's; row" in str(error)) == ("database", False)


def test_what_cannot_be_used(server: Server, databases: Databases, tmp_path: Path) -> None:
    source, target = databases
    dump = [server.pg_dump(source, "--data-only")]
    wrong: list[tuple[dict[str, Any], type[BaseException], str]] = [
        ({"to": ""}, dumpsert.ConfigError, "`to`"),
        ({"to": None}, TypeError, "`to`"),
        ({"to": f"mysql://root:{PASSWORD}@localhost/x"}, dumpsert.ConfigError, "`to`"),
        ({"to": f"host={server.host} port=1 password={PASSWORD}"}, dumpsert.DumpIOError, "does not answer"),
        ({"to": url(server, "nowhere")}, dumpsert.DumpIOError, "nowhere"),
        ({"bin_dir": tmp_path}, dumpsert.DumpIOError, "psql is not in"),
        ({"style": "rows"}, dumpsert.ConfigError, "`style` can only be 'staged' here"),
        ({"options": {"client": "driver"}}, dumpsert.ConfigError, "`client`"),
        ({"no_key": "x"}, dumpsert.ConfigError, "no_key"),
        ({"dryrun": True}, dumpsert.ConfigError, "dryrun"),
    ]
    for options, exception, words in wrong:
        run = functools.partial(dumpsert.restore, dump, **{**to(server, target), **options})
        error = refused(server, target, run, exception)
        assert words in str(error)
    for empty in ("", " "):
        run = functools.partial(dumpsert.sync, source=empty, **to(server, target))
        error = refused(server, target, run, dumpsert.ConfigError)
        assert "`source`" in str(error)
    password = f"postgresql://postgres:{PASSWORD}@localhost/x"
    error = refused(server, target, lambda: dumpsert.restore(password, **to(server, target)), dumpsert.ConfigError)
    assert "a database is no dump" in str(error)
    # What is only allowed in style staged is allowed.
    assert dumpsert.restore(dump, **to(server, target), no_key="match").ending == "committed"


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

    async def all_of_it() -> None:
        stalled = asyncio.Event()
        phases = []

        async def progress(phase: str, *_: Any) -> None:
            await asyncio.sleep(0)
            phases.append(phase)

        # Cancelled while the dump does not go on.
        task = asyncio.create_task(dumpsert.arestore(stalls(stalled), **to(server, target), progress=progress))
        await stalled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (children(), server.rows(target), phases[0]) == ([], before, "check")
        seen = []

        async def before_commit(outcome: Outcome) -> None:
            await asyncio.sleep(0)
            seen.append(outcome.ending)

        outcome = await dumpsert.arestore(chunks(), **to(server, target), before_commit=before_commit)
        assert (counts(outcome), seen) == (MERGED, ["rolled_back"])
        assert counts(await dumpsert.async_sync(source=url(server, source), **to(server, target))) == AGAIN

    asyncio.run(all_of_it())
    check_merged(server, source, target)


@pytest.mark.parametrize("is_async", [False, True])
def test_rows_that_the_dump_does_not_have(server: Server, databases: Databases, is_async: bool) -> None:
    source, target = databases
    dump = server.pg_dump(source, "--data-only")
    server.psql(target, b"INSERT INTO parent VALUES (20001, 'only here');")

    def restore(**options: Any) -> Outcome:
        if is_async:
            return asyncio.run(dumpsert.arestore([dump], **to(server, target), **options))
        return dumpsert.restore([dump], **to(server, target), **options)

    before = server.rows(target)
    own = len(restore(check=True, prune=True, diff=50).deletions[0]["shown"])
    assert own >= 1
    with pytest.raises(dumpsert.DumpsertError, match="prune_max permits 0"):
        restore(prune=True, prune_max=0)
    for wrong in ({"prune_max": 1}, {"prune": True, "prune_max": "all"}, {"prune": True, "guard": "v"}):
        with pytest.raises(dumpsert.ConfigError):
            restore(**wrong)

    def refuse(outcome: Outcome) -> None:
        assert [table.deleted for table in outcome.tables] == [0, own]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        restore(prune=True, before_commit=refuse)
    assert server.rows(target) == before
    outcome = restore(prune=True, prune_max="5%", prune_empty="parent", prune_cascade=True)
    assert [(table.deleted, table.kept) for table in outcome.tables] == [(0, {}), (own, {})]
    assert restore(prune=True, check=True).deletions == []
    assert [table.deleted for table in restore(prune=True).tables] == [0, 0]
