"""The exceptions of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dumpsert._report import Outcome


class DumpsertError(Exception):
    """What went wrong, where in the dump, and what to do about it.

    The subclass tells who has to act, `kind` what exactly happened. `str()` of it is all in one line.
    """

    category = "internal"
    """The name of the subclass in reports, exit codes and other languages."""

    def __init__(
        self,
        text: str,
        *,
        kind: str = "internal",
        message: str | None = None,
        hint: str | None = None,
        byte: int | None = None,
        line: int | None = None,
        column: int | None = None,
        table: str | None = None,
        row: int | None = None,
        output: bytes = b"",
    ) -> None:
        """Make one; the library does it."""
        super().__init__(text)
        self.kind = kind
        """What exactly went wrong, such as `invalid_literal`."""
        self.message = text if message is None else message
        """The same in words, without place and hint."""
        self.hint = hint
        """What to do."""
        self.byte = byte
        """Bytes of the dump before the place, from its start, if it is about a place in the dump."""
        self.line = line
        """Its line, the first is 1."""
        self.column = column
        """Its column in bytes, the first is 1."""
        self.table = table
        """The table whose rows are being read, as `schema.table`, where one is."""
        self.row = row
        """The row of that table within the dump, the first is 1."""
        self.output = output
        """From a `Rewriter`: the last bytes of a script that now fails. Pass them on if you passed on others before."""
        self.outcome: Outcome | None = None
        """From `restore` and `sync`: what was done. Nothing was changed, but where its `ending` is `unknown`."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Exceptions cross to other processes by pickle, which by itself would forget the keyword arguments."""
        return type(self), (self.args[0],), self.__dict__.copy()


class DumpIOError(DumpsertError, OSError):
    """Reading the dump or writing the script failed; `errno` and `__cause__` tell why."""

    category = "io"


class DumpSyntaxError(DumpsertError):
    """The input breaks the grammar of a dump."""

    category = "syntax"


class UnsupportedError(DumpsertError):
    """The input is well-formed, but holds something that is not allowed or not supported."""

    category = "unsupported"


class TruncatedError(DumpsertError):
    """The input ends too early."""

    category = "truncated"


class LimitError(DumpsertError):
    """A size or depth is over its limit."""

    category = "limit"


class ConfigError(DumpsertError, ValueError):
    """The options or the catalog do not fit together, or do not fit the dump."""

    category = "config"


class InternalError(DumpsertError):
    """A bug in dumpsert."""

    category = "internal"


CLASSES: dict[str, type[DumpsertError]] = {
    error.category: error
    for error in (
        DumpIOError,
        DumpSyntaxError,
        UnsupportedError,
        TruncatedError,
        LimitError,
        ConfigError,
        InternalError,
    )
}
