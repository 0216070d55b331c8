"""The corpus, the command line, and servers of their own for the tests."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

# A shell that starts the tests in the background lets them ignore Ctrl-C, and all that they start as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bindings-python"


# An option in a message, as Python writes it.
OPTION = re.compile(r"`[a-z]\w*=[^`]*`")


def cargo_target() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


@contextmanager
def one_build() -> Iterator[None]:
    """Keep other tests from building meanwhile: maturin moves a file of cargo's, of which there is one."""
    with (cargo_target() / ".one-build").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def program() -> str:
    """The program `dumpsert` as cargo builds it, not the one of the package."""
    program = Path(os.environ.get("DUMPSERT", cargo_target() / "quick" / "dumpsert"))
    assert program.is_file(), f"{program} is missing: make test-python builds it"
    return str(program)


@dataclass
class Case:
    """One folder of the corpus; `testdata/cases/README.md` says what is in it."""

    folder: Path
    options: dict[str, Any]

    @property
    def dump(self) -> bytes:
        return (self.folder / "dump.sql").read_bytes()

    @property
    def schema(self) -> Path | None:
        path = self.folder / "schema.sql"
        return path if path.exists() else None

    @property
    def arguments(self) -> dict[str, Any]:
        """What is given to a function of the package."""
        return self.options if self.schema is None else {**self.options, "schema": self.schema}


def _cases() -> list[Case]:
    folders = sorted(path for path in (ROOT / "testdata/cases").iterdir() if path.is_dir())
    assert len(folders) > 200, "the corpus is not there"
    cases = []
    for folder in folders:
        options = folder / "options.json"
        given = json.loads(options.read_text()) if options.exists() else {}
        cases.append(Case(folder, {"style": "rows", **given}))
    return cases


@pytest.fixture(params=_cases(), ids=lambda case: case.folder.name)
def case(request: pytest.FixtureRequest) -> Case:
    case: Case = request.param
    return case


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def toml(values: dict[str, Any]) -> str:
    """Write options as a configuration file of the command line."""

    def value(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(name)} = {value_(inner)}" for name, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(value_, value)) + "]"
        return json.dumps(value)

    value_ = value
    return "".join(f"{name} = {value(inner)}\n" for name, inner in values.items())


class Server:
    """A PostgreSQL that goes with the tests, started by `testkit/server.sh`."""

    def __init__(self) -> None:
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        self._process = subprocess.Popen(
            ["sh", ROOT / "testkit/server.sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        lines = [self._process.stdout.readline().strip() for _ in range(3)]
        assert all(lines), "PostgreSQL does not start"
        self.host, self.port, self.bindir = lines
        self._names = 0

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    @property
    def environment(self) -> dict[str, str]:
        """What programs need to reach the server, with its own clients."""
        return {
            **os.environ,
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGUSER": "postgres",
            "PATH": f"{self.bindir}:{os.environ['PATH']}",
        }

    def url(self, database: str) -> str:
        return f"host={self.host} port={self.port} user=postgres dbname={database}"

    def create(self, *, like: str = "template1") -> str:
        self._names += 1
        name = f"db_{self._names}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def psql(self, database: str, script: bytes | Path) -> subprocess.CompletedProcess[bytes]:
        file = ["-f", str(script)] if isinstance(script, Path) else []
        return subprocess.run(
            ["psql", "-X", "-d", database, *file],
            input=script if isinstance(script, bytes) else None,
            stdin=subprocess.DEVNULL if isinstance(script, Path) else None,
            env=self.environment,
            capture_output=True,
            check=False,
        )

    def pg_dump(self, database: str, *arguments: str) -> bytes:
        command = ["pg_dump", *arguments, database]
        return subprocess.run(command, env=self.environment, capture_output=True, check=True).stdout

    def rows(self, database: str) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        with psycopg.connect(self.url(database)) as connection:
            tables = connection.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
            ).fetchall()
            return {
                table: sorted(row for (row,) in connection.execute(f"SELECT t::text FROM {table} AS t"))
                for (table,) in tables
            }


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def databases(server: Server) -> tuple[str, str]:
    """A source, and a target that has an older state of it and a row of its own."""
    source = server.create()
    with psycopg.connect(server.url(source)) as connection:
        connection.execute(
            """CREATE TABLE public.parent (id serial PRIMARY KEY, v text);
               CREATE TABLE public.child (id integer PRIMARY KEY, parent integer REFERENCES public.parent, v numeric);
               INSERT INTO public.parent (v) SELECT 'it''s; row ' || g FROM generate_series(1, 500) AS g;
               INSERT INTO public.child SELECT g, g, g / 3.0 FROM generate_series(1, 500) AS g"""
        )
    target = server.create(like=source)
    with psycopg.connect(server.url(target)) as connection:
        connection.execute(
            """DELETE FROM public.child WHERE id % 3 = 0; UPDATE public.parent SET v = 'old' WHERE id % 5 = 0;
               INSERT INTO public.parent VALUES (10001, 'only here')"""
        )
    return source, target


def check_merged(server: Server, source: str, target: str) -> None:
    """All rows of the source are in the target, and the target's own row still is."""
    expected = server.rows(source)
    expected["parent"] = sorted([*expected["parent"], '(10001,"only here")'])
    assert server.rows(target) == expected


def without_rust(folder: Path, *programs: str) -> dict[str, str]:
    """An environment in which there is no Rust, no package but what is installed, and no program but those named.

    They are found by links in a folder of their own: the one that holds cargo may hold everything else as well.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CARGO", "RUST", "PYTHON"))
    }
    tools = folder / "tools"
    tools.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found is not None, f"{program} is missing"
        (tools / Path(found).name).symlink_to(found)
    environment["PATH"] = str(tools)
    environment["HOME"] = str(folder)
    for program in ("cargo", "rustc"):
        assert shutil.which(program, path=environment["PATH"]) is None
    return environment


def run(*command: str, folder: Path = PACKAGE, environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that `make test-python` has built and these tests run on."""
    wheels = Path(os.environ.get("DUMPSERT_WHEELS", cargo_target() / "python-wheels"))
    newest = sorted(wheels.glob("dumpsert-*.whl"), key=lambda path: path.stat().st_mtime)
    assert newest, f"no wheel in {wheels}: make test-python builds it"
    return newest[-1]
