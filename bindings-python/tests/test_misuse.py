"""What goes wrong in programs ends with an exception that says what to do."""

from __future__ import annotations

import array
import io
import os
import pickle
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dumpsert
import pytest

DUMP = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n"
BAD = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\nINSERT INTO public.t (id, v) VALUES (2, now());\n"


def test_errors_tell_everything() -> None:
    with pytest.raises(dumpsert.DumpSyntaxError) as caught:
        dumpsert.convert([BAD])
    error = caught.value
    assert isinstance(error, dumpsert.DumpsertError)
    assert (error.kind, error.category) == ("unexpected_token", "syntax")
    assert (error.byte, error.line, error.column, error.table, error.row) == (88, 2, 41, "public.t", 2)
    assert str(error).startswith("line 2, column 41 (byte 88), table public.t, row 2: expected a literal")
    assert error.message.startswith("expected a literal")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.__dict__) == (str(error), error.__dict__)


@pytest.mark.parametrize(
    "options",
    [
        {"exclude_tables": ["public.t\0"]},
        {"only_tables": ['"t\0"']},
        {"only_schemas": ['"public\0"']},
        {"keys": {"public.t": '"id\0"'}},
        {"keys": {'public."t\0"': "id"}},
        {"tables": {"public.t": {"update_never": ['"v\0"']}}},
        {"guard": '"v\0"'},
        {"update": 'newer("v\0")'},
        {"allow_relations": ['public."w\0"']},
        {"exclude": ["public.t: v = '\0'"]},
        {"foreign_keys": ['public.t("v\0") REFERENCES public.t(id)']},
        {"demo_flag": "v\0"},
        {"database": "d\0"},
    ],
)
def test_options_that_no_text_of_postgresql_can_be(options: Any) -> None:
    with pytest.raises(dumpsert.ConfigError, match="NUL byte") as caught:
        dumpsert.convert([DUMP], **options)
    assert caught.value.kind == "invalid_option"


def test_catalogs_that_no_text_of_postgresql_can_be() -> None:
    with pytest.raises(dumpsert.ConfigError, match="NUL byte"):
        dumpsert.Catalog.from_schema_sql('CREATE TABLE t (id int PRIMARY KEY, "g\0" int)')
    with pytest.raises(dumpsert.ConfigError, match="UTF8"):
        dumpsert.Catalog.from_schema_sql(b'CREATE TABLE "caf\xe9" (id int)')
    good = dumpsert.Catalog.from_schema_sql("CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'x')").to_json()
    for old, new in [
        ('"t"', r'"t\u0000"'),
        ('"public"', '""'),
        ('"v"', r'"v\u0000"'),
        ('"x"', r'"x\u0000y"'),
        ('"t_pkey"', '""'),
    ]:
        assert old in good
        with pytest.raises(dumpsert.ConfigError) as caught:
            dumpsert.Catalog.from_json(good.replace(old, new))
        assert caught.value.kind == "invalid_catalog"


@pytest.mark.parametrize(
    ("dump", "kind", "of"),
    [
        (b"DELETE FROM public.t;\n", "statement_not_allowed", dumpsert.UnsupportedError),
        (DUMP[:30], "truncated", dumpsert.TruncatedError),
        (b"INSERT INTO public.t (k) VALUES (1);\n", "no_key", dumpsert.ConfigError),
        (b"", None, dumpsert.DumpsertError),
    ],
)
def test_classes(dump: bytes, kind: str | None, of: type[dumpsert.DumpsertError]) -> None:
    with pytest.raises(of) as caught:
        dumpsert.convert([dump], style="rows")
    assert kind is None or caught.value.kind == kind


@pytest.mark.parametrize(
    ("source", "error", "part"),
    [
        (1, TypeError, "a path, a binary file or an iterable of bytes, not <class 'int'>"),
        (None, TypeError, "not <class 'NoneType'>"),
        (DUMP, TypeError, "neither a path nor a file"),
        (bytearray(DUMP), TypeError, "neither a path nor a file"),
        ([DUMP.decode()], TypeError, 'mode "rb"'),
        ([1], TypeError, "bytes are wanted, not <class 'int'>"),
        ([None], TypeError, "bytes are wanted, not <class 'NoneType'>"),
        (io.StringIO(DUMP.decode()), TypeError, 'text file.*mode "rb", or pass its .buffer'),
        (Path("/nowhere/dump.sql"), FileNotFoundError, "/nowhere/dump.sql"),
        ("/", IsADirectoryError, "/"),
        ("dump\0.sql", OSError, "NUL byte"),
    ],
)
def test_wrong_sources(source: Any, error: type[Exception], part: str) -> None:
    for run in (
        dumpsert.convert,
        lambda source: list(dumpsert.rewrite(source)),
        lambda source: list(dumpsert.statements(source)),
    ):
        with pytest.raises(error, match=part):
            run(source)


@pytest.mark.parametrize(
    ("target", "error", "part"),
    [
        (1, TypeError, "a path, a binary file or None, not <class 'int'>"),
        (io.StringIO(), TypeError, 'text file.*mode "wb"'),
        (Path("/nowhere/out.sql"), dumpsert.DumpIOError, "/nowhere/out.sql cannot be written"),
        ("/", dumpsert.ConfigError, "is a directory"),
    ],
)
def test_wrong_targets(target: Any, error: type[Exception], part: str) -> None:
    with pytest.raises(error, match=part):
        dumpsert.convert([DUMP], target)


def test_the_dump_is_not_overwritten(tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_bytes(DUMP)
    with pytest.raises(dumpsert.ConfigError, match="is the dump itself"):
        dumpsert.convert(dump, dump)
    assert dump.read_bytes() == DUMP


def test_no_file_that_is_read_is_written(tmp_path: Path) -> None:
    """Whatever the file is to the run, and whichever of its names is used."""
    schema = b"CREATE TABLE public.t (id integer PRIMARY KEY, v text);\n"
    catalog = dumpsert.Catalog.from_schema_sql(schema).to_json().encode()
    contents = {"dump.sql": DUMP, "schema.sql": schema, "catalog.json": catalog, "own.toml": b"schema = 'schema.sql'\n"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / f"hard.{name}").hardlink_to(tmp_path / name)
        (tmp_path / f"soft.{name}").symlink_to(name)
    options = dumpsert.Options.from_file(tmp_path / "own.toml")
    values = dumpsert.Options(options, catalog=tmp_path / "catalog.json")
    for name in contents:
        for link in ("", "hard.", "soft."):
            with pytest.raises(dumpsert.ConfigError, match="it would be lost"):
                dumpsert.convert(tmp_path / "dump.sql", tmp_path / f"{link}{name}", options=values)
            with (
                (tmp_path / f"{link}{name}").open("r+b") as target,
                pytest.raises(dumpsert.ConfigError, match="it would be lost"),
            ):
                dumpsert.convert(tmp_path / "dump.sql", target, options=values)
    with (
        (tmp_path / "dump.sql").open("rb") as source,
        pytest.raises(dumpsert.ConfigError, match="is the dump itself"),
    ):
        dumpsert.convert(source, tmp_path / "hard.dump.sql")
    for name, content in contents.items():
        assert (tmp_path / name).read_bytes() == content
    (tmp_path / "out.sql").touch(mode=0o600)
    dumpsert.convert(tmp_path / "dump.sql", tmp_path / "out.sql", options=values)
    assert (tmp_path / "out.sql").stat().st_mode & 0o777 == 0o600


def test_files_of_another_kind(tmp_path: Path) -> None:
    """The file that is wrong is named."""
    good = tmp_path / "good.sql"
    good.write_text("CREATE TABLE public.t (id integer PRIMARY KEY, v text);\n")
    for name, content, option, part in (
        ("archive", b"PGDMP\x01", "schema", "custom-format archive"),
        ("data.sql", DUMP, "schema", "rows and no tables"),
        ("empty", b"", "catalog", "empty"),
        ("sql.json", b"CREATE TABLE t (id int);", "catalog", r"schema='FILE'"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        files = [good, path] if option == "schema" else [path]
        with pytest.raises(dumpsert.ConfigError, match=part) as caught:
            dumpsert.Options({option: files})
        assert str(path) in "".join(caught.value.__notes__)
        assert str(good) not in "".join(caught.value.__notes__)


def test_hints_name_options_as_python_does() -> None:
    with pytest.raises(dumpsert.ConfigError, match=r"`cascade=False`"):
        dumpsert.convert([DUMP], exclude_demo=True)
    with pytest.raises(dumpsert.ConfigError, match=r"`keys=\{'public.t': 'column,column'\}`"):
        dumpsert.convert([b"INSERT INTO public.t (k) VALUES (1);\n"], style="rows")


def test_closed_files(tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_bytes(DUMP)
    source, target = dump.open("rb"), (tmp_path / "out.sql").open("wb")
    source.close()
    target.close()
    with pytest.raises(ValueError, match="the source is closed"):
        dumpsert.convert(source)
    with pytest.raises(ValueError, match="the target is closed"):
        dumpsert.convert(dump, target)


def test_files_opened_as_text(tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_bytes(DUMP)
    with dump.open() as text, pytest.raises(TypeError, match="text file"):
        dumpsert.convert(text)  # type: ignore[arg-type]
    with dump.open() as text:
        assert dumpsert.convert(text.buffer).rows_kept == 1


def failing() -> Iterator[bytes]:
    yield DUMP
    raise LookupError("no more of it")


def test_a_generator_that_raises(tmp_path: Path) -> None:
    written = io.BytesIO()
    with pytest.raises(LookupError, match="no more of it"):
        dumpsert.convert(failing(), written)
    assert b"RAISE EXCEPTION" in written.getvalue()
    assert b"COMMIT;\n\\echo" not in written.getvalue()

    with pytest.raises(LookupError):
        dumpsert.convert(failing(), tmp_path / "out.sql")
    assert list(tmp_path.iterdir()) == []

    chunks = []
    with pytest.raises(LookupError):
        for chunk in dumpsert.rewrite(failing()):
            chunks.append(chunk)
    assert b"RAISE EXCEPTION" in b"".join(chunks)
    with pytest.raises(LookupError):
        list(dumpsert.statements(failing()))


def test_an_error_behind_much_output() -> None:
    """Everything that was made of the script comes before the exception, in chunks of a bounded size."""
    chunks = []
    with pytest.raises(dumpsert.DumpSyntaxError):
        for chunk in dumpsert.rewrite([DUMP * 20_000 + BAD], style="rows"):
            chunks.append(chunk)
    script = b"".join(chunks)
    assert max(map(len, chunks)) <= 96 * 1024 < len(script)
    assert script.count(b"'one')") == 20_001
    assert script.rstrip().endswith(b"$dumpsert$;")


class Failing(io.RawIOBase):
    """A file that takes only so much."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.room == 0:
            raise OSError(28, "No space left on device")
        part = bytes(data)[: self.room]
        self.data += part
        self.room -= len(part)
        return len(part)


def test_a_target_that_fails_or_takes_little() -> None:
    whole = dumpsert.convert_str(DUMP.decode()).encode()
    for room in (0, 1, 100, len(whole) - 1):
        target = Failing(room)
        with pytest.raises(OSError, match="No space left") as caught:
            dumpsert.convert([DUMP], target)
        assert caught.value.errno == 28
        assert target.data == whole[:room]

    class Slow(Failing):
        def write(self, data: Any) -> int:
            self.room = 1
            return super().write(data)

    slow = Slow(1)
    dumpsert.convert([DUMP], slow)
    assert slow.data == whole


def test_files_that_do_not_block() -> None:
    class Nothing(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> None:
            return None

        def write(self, data: Any) -> None:
            return None

    with pytest.raises(BlockingIOError, match="make it block"):
        dumpsert.convert(Nothing())
    with pytest.raises(BlockingIOError, match="make it block"):
        dumpsert.convert([DUMP], Nothing())


def test_a_system_error_has_its_number(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with pytest.raises(dumpsert.DumpIOError) as caught:
        dumpsert.convert([DUMP], "/dev/full")
    assert isinstance(caught.value, OSError)
    assert caught.value.errno == 28
    assert isinstance(caught.value.__cause__, OSError)


def test_use_after_the_end() -> None:
    rewriter = dumpsert.Rewriter()
    rewriter.write(DUMP)
    assert rewriter.report is None
    rewriter.finish()
    assert rewriter.report is not None
    for call in (lambda: rewriter.write(DUMP), rewriter.finish):
        with pytest.raises(dumpsert.ConfigError, match="ended already") as caught:
            call()
        assert caught.value.kind == "finished"
        assert caught.value.output == b""
    script = dumpsert.rewrite([DUMP])
    assert b"".join(script).endswith(b"\\endif\n")
    assert list(script) == []
    closed = dumpsert.rewrite([DUMP])
    closed.close()
    assert list(closed) == []
    assert closed.report is None


def test_with_blocks_see_to_the_end() -> None:
    with dumpsert.Rewriter() as rewriter:
        script = rewriter.write(DUMP) + rewriter.finish()
    assert script.decode() == dumpsert.convert_str(DUMP.decode())
    with pytest.raises(RuntimeError, match="call finish"), dumpsert.Rewriter() as rewriter:
        rewriter.write(DUMP)
    with pytest.raises(LookupError), dumpsert.Rewriter() as rewriter:
        rewriter.write(DUMP)
        raise LookupError
    with pytest.raises(dumpsert.ConfigError, match="ended already"):
        rewriter.write(DUMP)
    with dumpsert.Rewriter() as rewriter:
        rewriter.write(DUMP)
        assert b"RAISE EXCEPTION" in rewriter.abort()


def test_kinds_of_bytes() -> None:
    expected = dumpsert.convert_str(DUMP.decode()).encode()
    for data in (DUMP, bytearray(DUMP), memoryview(DUMP), memoryview(bytearray(DUMP))):
        rewriter = dumpsert.Rewriter()
        assert rewriter.write(data) + rewriter.finish() == expected
        assert b"".join(dumpsert.rewrite([data])) == expected
    with pytest.raises(TypeError, match=r"call \.encode"):
        dumpsert.Rewriter().write(DUMP.decode())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="rewrite"):
        dumpsert.convert_str(DUMP)  # type: ignore[arg-type]


def test_large_chunks() -> None:
    """One that is read in slices makes the same script, whatever object holds it."""
    rows = 4 * (1 << 20) // len(DUMP) // 4 * 4
    dump = DUMP * rows
    expected = b"".join(dumpsert.rewrite([dump]))
    square = memoryview(bytearray(dump)).cast("B", (4, len(dump) // 4))
    backwards = memoryview(bytearray(dump[::-1]))[::-1]
    assert not backwards.c_contiguous
    padded = b" " * (-len(dump) % 8) + dump
    words = array.array("Q", padded)
    for data in (dump, bytearray(dump), memoryview(dump), square, backwards, words):
        rewriter = dumpsert.Rewriter()
        assert rewriter.write(data) + rewriter.finish() == expected
        assert rewriter.report is not None
        assert rewriter.report.rows_read == rows


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_an_error_in_a_large_chunk(kind: type[bytes] | type[bytearray]) -> None:
    """What was made of the slices before it comes with the error."""
    rows = 3 * (1 << 20) // len(DUMP)
    rewriter = dumpsert.Rewriter(style="rows")
    with pytest.raises(dumpsert.DumpSyntaxError) as caught:
        rewriter.write(kind(DUMP * rows + BAD + DUMP * rows))
    assert (caught.value.line, caught.value.row) == (rows + 2, rows + 2)
    assert caught.value.output.count(b"'one')") == rows + 1
    assert caught.value.output.rstrip().endswith(b"$dumpsert$;")


def test_progress_of_a_large_chunk() -> None:
    """It is told between slices; what was made before it raises comes with the end."""

    def enough(done: int, _rows: int, _table: str | None) -> None:
        raise InterruptedError(f"{done} bytes")

    rewriter = dumpsert.Rewriter(progress=enough, style="rows")
    time.sleep(0.15)  # so that the first slice is told of
    with pytest.raises(InterruptedError, match=r"^\d+ bytes") as caught:
        rewriter.write(DUMP * (3 * (1 << 20) // len(DUMP)))
    done = int(str(caught.value).split()[0])
    assert 0 < done <= 1 << 20
    rest = rewriter.abort()
    assert rest.count(b"'one')") == done // len(DUMP)
    assert b"RAISE EXCEPTION" in rest[-1000:]


def test_a_buffer_that_is_used_again() -> None:
    """What a generator does with its buffer afterwards does not matter."""

    def chunks() -> Iterator[bytearray]:
        buffer = bytearray(7)
        for start in range(0, len(DUMP), 7):
            part = DUMP[start : start + 7]
            buffer[: len(part)] = part
            yield buffer[: len(part)] if len(part) < 7 else buffer

    assert b"".join(dumpsert.rewrite(chunks())) == dumpsert.convert_str(DUMP.decode()).encode()


def test_two_threads_and_one_rewriter() -> None:
    """Whoever comes second gets an exception, or its turn; never a crash, never a deadlock."""
    rewriter = dumpsert.Rewriter(style="staged")
    dump = DUMP * 200_000
    refused, done = [], []

    def work() -> None:
        for _ in range(10):
            try:
                rewriter.write(dump)
                done.append(1)
            except RuntimeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert len(done) + len(refused) == 40
    assert done
    assert refused
    assert all("give every thread its own" in text for text in refused)
    rewriter.finish()
    assert rewriter.report is not None
    assert rewriter.report.rows_kept == 200_000 * len(done)


def test_use_from_inside() -> None:
    """A source that uses what reads from it."""
    script: Any = None

    def chunks() -> Iterator[bytes]:
        yield DUMP
        next(script)

    script = dumpsert.rewrite(chunks())
    with pytest.raises(RuntimeError, match="in use"):
        list(script)


def test_progress() -> None:
    calls: list[tuple[int, int, str | None]] = []
    report = dumpsert.convert([DUMP * 3], progress=lambda *call: calls.append(call))
    assert calls[-1] == (report.bytes_read, 3, "public.t")
    with pytest.raises(ZeroDivisionError):
        dumpsert.convert([DUMP], progress=lambda *_: 1 // 0)


def test_progress_ends_a_run(tmp_path: Path) -> None:
    """Also in the middle, where it makes the script fail."""
    written = io.BytesIO()

    def many() -> Iterator[bytes]:
        for _ in range(1_000_000):
            yield DUMP * 5000

    def enough(done: int, _rows: int, _table: str | None) -> None:
        raise InterruptedError(f"{done} bytes")

    with pytest.raises(InterruptedError, match="bytes"):
        dumpsert.convert(many(), written, progress=enough)
    assert b"RAISE EXCEPTION" in written.getvalue()[-1000:]


def test_pipes() -> None:
    """A pipe is not read twice, and its end is a file object like any other."""
    full = b"CREATE TABLE public.t (k integer NOT NULL);\nINSERT INTO public.t (k) VALUES (1);\n" + (
        b"ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (k);\n"
    )
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as source, os.fdopen(write, "wb") as target:
        target.write(full)
        target.close()
        script = b"".join(dumpsert.rewrite(source, style="rows"))
    assert b'ON CONFLICT("k")' in script
    rewriter = dumpsert.Rewriter(style="rows")
    with pytest.raises(dumpsert.DumpsertError, match=r"schema|catalog"):
        rewriter.write(full) + rewriter.finish()


def test_compressed() -> None:
    import gzip

    assert b"".join(dumpsert.rewrite([gzip.compress(DUMP)])) == b"".join(dumpsert.rewrite([DUMP]))
    with pytest.raises(LookupError):
        dumpsert.convert(chunk for part in (gzip.compress(DUMP)[:20],) for chunk in (part, *failing()))
