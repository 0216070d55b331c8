"""What programs call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from dumpsert import _core
from dumpsert._errors import DumpsertError
from dumpsert._options import Options, check, plan
from dumpsert._report import Inspection, Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Unpack

    from dumpsert._options import Given
    from dumpsert._types import Buffer, OptionValues, Progress, Source, Target


def convert(
    source: Source,
    target: Target | None = None,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> Report:
    """Convert a dump to the script that merges it.

    `source` is a path, a binary file, or an iterable of bytes; dumps compressed with gzip or zstd are known by their
    content. `target` is a path, whose file appears only when it is complete, or a binary file, which is not closed.
    Without a target the dump is only checked. A full dump, whose keys come behind its rows, is read twice, or kept in a
    temporary file meanwhile. Other threads run while it converts.

    Options are given by name, or as `options`, or both: what is given by name goes before.
    `help(dumpsert.Options)` lists them.

    `progress` is called with the bytes and rows that were read and the table that is being read, at most ten times a
    second and once at the end. What it raises ends the run.

    >>> report = dumpsert.convert("dump.sql", "merge.sql", schema="schema.sql")

    Raises a `DumpsertError`, or what reading, writing or `progress` has raised. A script that was begun then ends with
    a statement that makes it fail.
    """
    given = check(options, values)
    return Report(_core.convert(source, target, given._plan, progress, files=given._files()))


def inspect(
    source: Source,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> Inspection:
    """Say what is in a dump, and what `convert` would do with it, without doing it.

    `source`, options and `progress` are those of `convert`. It goes on where `convert` would stop because the options
    do not fit the dump, and tells it in `problems`; a dump that is cut or broken is an error here too.

    >>> for table in dumpsert.inspect("dump.sql").report.tables:
    ...     print(table.table, table.rows_read, table.left_out)
    """
    return Inspection(_core.inspect(source, plan(options, values), progress))


def convert_str(dump: str, *, options: Given | None = None, **values: Unpack[OptionValues]) -> str:
    """Convert a small dump that is held in memory."""
    if not isinstance(dump, str):
        message = f"a dump in a str is wanted, not {type(dump).__name__}: bytes go to rewrite([data])"
        raise TypeError(message)
    return b"".join(_core.Script([dump.encode()], plan(options, values))).decode()


class Script:
    """The script in chunks, made while it is iterated over; see `rewrite`."""

    __slots__ = ("_script",)

    def __init__(
        self,
        source: Source,
        *,
        options: Given | None = None,
        progress: Progress | None = None,
        **values: Unpack[OptionValues],
    ) -> None:
        """Prepare; nothing is read yet."""
        self._script = _core.Script(source, plan(options, values), progress)

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> bytes:
        """Read on until there is something of the script."""
        return next(self._script)

    def close(self) -> None:
        """End early. What was returned is no complete script and fails."""
        self._script.close()

    @property
    def report(self) -> Report | None:
        """The report, once the last chunk was returned."""
        text = self._script.report
        return None if text is None else Report(text)


def rewrite(
    source: Source,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> Script:
    """Convert a dump to a script by chunks, as they are wanted.

    `source`, options and `progress` are those of `convert`.

    >>> for chunk in dumpsert.rewrite(chunks, style="staged"):
    ...     psql.stdin.write(chunk)

    Where the dump turns out not to be acceptable, the last chunk makes the script fail; after it the error is raised.
    It is the same with what `progress` raises, but for its last call, when the script is complete.
    """
    return Script(source, options=options, progress=progress, **values)


class Statements:
    """The script as single statements; see `statements`."""

    __slots__ = ("_statements",)

    def __init__(
        self,
        source: Source,
        *,
        options: Given | None = None,
        progress: Progress | None = None,
        **values: Unpack[OptionValues],
    ) -> None:
        """Prepare; nothing is read yet."""
        self._statements = _core.Statements(source, for_driver(options, values), progress)

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Read on until there is a statement."""
        return next(self._statements)

    def close(self) -> None:
        """End early. What was returned is not the whole; roll back."""
        self._statements.close()

    @property
    def report(self) -> Report | None:
        """The report, once the last statement was returned."""
        text = self._statements.report
        return None if text is None else Report(text)


def statements(
    source: Source,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> Statements:
    """Convert a dump to single statements, to be run by a driver in one transaction of your own.

    Commit only after the iterator has ended without an error; a transaction that is committed earlier fails, and
    nothing is changed. The statement before the last returns one row with one column, the result as JSON.
    Styles are `rows` and `batches`. `source`, options and `progress` are those of `convert`.

    >>> with psycopg.connect(target) as connection:
    ...     for statement in dumpsert.statements("dump.sql", catalog=Catalog.from_connection(connection)):
    ...         connection.execute(statement)
    """
    return Statements(source, options=options, progress=progress, **values)


def for_driver(options: Given | None, values: OptionValues) -> _core.Plan:
    """Check options for single statements, which are for a driver unless somebody says otherwise."""
    given = Options(options, **values)
    return plan(given if "client" in given else Options(given, client="driver"), {})


class Rewriter:
    """The machine itself: bytes of a dump in, bytes of a script out, no reading and no writing.

    >>> with dumpsert.Rewriter(style="staged") as rewriter:
    ...     for chunk in chunks:
    ...         out.write(rewriter.write(chunk))
    ...     out.write(rewriter.finish())

    It cannot read twice. Where `Options.needs_prescan` says so, `Prescan` reads the dump before; without that it
    refuses what one reading cannot decide. `convert` and `rewrite` do all this by themselves.

    One thread at a time may use it. After an error, whose `output` makes the script fail, every call fails.

    `progress` is that of `convert`, told by the calls. What it raises ends the run: `abort` then returns what makes the
    script fail. What it raises at the end, in `finish`, keeps the end of the script back, without which it fails, too.
    """

    __slots__ = ("_is_open", "_machine")

    def __init__(
        self, *, options: Given | None = None, progress: Progress | None = None, **values: Unpack[OptionValues]
    ) -> None:
        """Make a rewriter for one dump."""
        self._machine = _core.Rewriter(plan(options, values), progress)
        self._is_open = True

    def write(self, data: Buffer) -> bytes:
        """Read the next bytes of the dump, cut anywhere; return what they make of the script.

        Chunks of 64 KiB to 1 MiB are best. Larger ones are read in slices, and other threads run meanwhile. Where the
        head of a statement is long and its rows are short, a chunk can become hundreds of times as long: `pieces`
        returns the same bit by bit.
        """
        try:
            return self._machine.write(data)
        except DumpsertError:
            self._is_open = False
            raise

    def pieces(self, data: Buffer) -> Iterator[bytes]:
        """As `write`, in pieces of some hundred KiB, each made when it is asked for. All must be asked for."""
        start, length = 0, memoryview(data).nbytes
        while start < length:
            try:
                piece, start = self._machine.write_some(data, start)
            except DumpsertError:
                self._is_open = False
                raise
            if piece:
                yield piece

    def finish(self) -> bytes:
        """End the dump; return the end of the script, with its `COMMIT`."""
        try:
            return self._machine.finish()
        finally:
            self._is_open = False

    def abort(self, reason: str = "the dump was given up") -> bytes:
        """Give up because of something outside; return what makes the script fail."""
        self._is_open = False
        return self._machine.abort(reason)

    @property
    def report(self) -> Report | None:
        """The report, after `finish`."""
        text = self._machine.report
        return None if text is None else Report(text)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See to it that the script was completed; after an exception, give up."""
        if not self._is_open:
            return
        self.abort()
        if error is None:
            message = "the script is not complete: call finish() inside of the with block, and write what it returns"
            raise RuntimeError(message)


class Prescan:
    """A reading of the dump before that of a `Rewriter`: of keys behind rows, and of rows left out for others.

    >>> options = dumpsert.Options(exclude_demo=True)
    >>> while options.needs_prescan:
    ...     with open("dump.sql", "rb") as dump:
    ...         prescan = dumpsert.Prescan(options=options)
    ...         while (chunk := dump.read(262144)) and prescan.write(chunk):
    ...             pass
    ...         options = prescan.finish()
    >>> rewriter = dumpsert.Rewriter(options=options)

    A dump may have to be read several times. What does not fit into memory goes to a temporary file.
    """

    __slots__ = ("_options", "_prescan")

    def __init__(self, *, options: Given | None = None, **values: Unpack[OptionValues]) -> None:
        """Begin a reading; it is an error if the options need none."""
        self._options = check(options, values)
        self._prescan = _core.Prescan(self._options._plan)

    def write(self, data: Buffer) -> bool:
        """Read the next bytes of the dump; return whether more are wanted."""
        return self._prescan.write(data)

    def finish(self) -> Options:
        """End the reading; return options that know this dump, and may need another reading of it."""
        return self._options._learned(self._prescan.finish())
