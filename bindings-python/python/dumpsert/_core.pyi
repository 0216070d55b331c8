"""The extension module, written in Rust. Use the package, not this module."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, final

from typing_extensions import Buffer

__all__ = [
    "CATALOG_QUERY",
    "VERSION",
    "Catalog",
    "Plan",
    "Prescan",
    "Rewriter",
    "Script",
    "Statements",
    "Stop",
    "convert",
    "file_option_names",
    "inspect",
    "main",
    "option_help",
    "option_names",
    "restore",
    "table_option_names",
]

CATALOG_QUERY: Final[str]
VERSION: Final[str]

@final
class Catalog:
    @staticmethod
    def from_schema_sql(*sql: str | bytes) -> Catalog: ...
    @staticmethod
    def _from_schema_files(files: Sequence[tuple[str, bytes]]) -> Catalog: ...
    @staticmethod
    def _from_file(file: bytes) -> Catalog: ...
    @staticmethod
    def from_json(json: str | bytes) -> Catalog: ...
    @staticmethod
    def from_connection(connection: Any) -> Catalog: ...
    def to_json(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Plan:
    def __new__(cls, json: str, catalogs: Sequence[Catalog]) -> Plan: ...
    @property
    def needs_prescan(self) -> bool: ...

@final
class Prescan:
    def __new__(cls, plan: Plan) -> Prescan: ...
    def write(self, data: Buffer) -> bool: ...
    def finish(self) -> Plan: ...

@final
class Rewriter:
    def __new__(cls, plan: Plan, progress: Callable[[int, int, str | None], object] | None = None) -> Rewriter: ...
    def write(self, data: Buffer) -> bytes: ...
    def write_some(self, data: Buffer, start: int) -> tuple[bytes, int]: ...
    def finish(self) -> bytes: ...
    def abort(self, reason: str) -> bytes: ...
    @property
    def report(self) -> str | None: ...

@final
class Script(Iterator[bytes]):
    def __new__(
        cls,
        source: Any,
        plan: Plan,
        progress: Callable[[int, int, str | None], object] | None = None,
        stop: Stop | None = None,
    ) -> Script: ...
    def __iter__(self) -> Script: ...
    def __next__(self) -> bytes: ...
    def close(self) -> None: ...
    @property
    def report(self) -> str | None: ...

@final
class Statements(Iterator[str]):
    def __new__(
        cls,
        source: Any,
        plan: Plan,
        progress: Callable[[int, int, str | None], object] | None = None,
        stop: Stop | None = None,
    ) -> Statements: ...
    def __iter__(self) -> Statements: ...
    def __next__(self) -> str: ...
    def close(self) -> None: ...
    @property
    def report(self) -> str | None: ...

@final
class Stop:
    def __new__(cls) -> Stop: ...
    def set(self) -> None: ...

def convert(
    source: Any,
    target: Any,
    plan: Plan,
    progress: Callable[[int, int, str | None], object] | None = None,
    stop: Stop | None = None,
    files: list[tuple[str, str]] = ...,
) -> str: ...
def inspect(
    source: Any,
    plan: Plan,
    progress: Callable[[int, int, str | None], object] | None = None,
    stop: Stop | None = None,
) -> str: ...
def restore(
    dump: Any,
    settings: dict[str, Any],
    json: str,
    catalogs: Sequence[Catalog],
    progress: Callable[[Any, int, int, str | None], object] | None = None,
    before_commit: Callable[[str], object] | None = None,
    stop: Stop | None = None,
    driver: Callable[[str, Any], tuple[str | None, tuple[str, str | None, str | None] | None]] | None = None,
) -> str: ...
def main(args: Iterable[str]) -> int: ...
def option_help() -> str: ...
def option_names() -> list[str]: ...
def table_option_names() -> list[str]: ...
def file_option_names() -> list[str]: ...
