"""Threads, memory and signals while a dump is converted, and the command line of the package."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dumpsert
import pytest

ROW = b"INSERT INTO public.t (id, v) VALUES (1, 'a row; of some length, as rows are');\n"
BLOCK = ROW * (1_000_000 // len(ROW))
MEGABYTES = 150


def blocks(megabytes: int = MEGABYTES) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield BLOCK


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("running") / "dump.sql"
    with path.open("wb") as file:
        file.writelines(blocks())
    return path


def ticking(run: Callable[[], object]) -> tuple[float, list[float]]:
    """How long a run takes, and how long a thread waits meanwhile that sleeps between its ticks."""
    gaps, is_done = [0.0], threading.Event()

    def tick() -> None:
        before = time.monotonic()
        while not is_done.is_set():
            time.sleep(0.001)
            now = time.monotonic()
            gaps.append(now - before)
            before = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    start = time.monotonic()
    run()
    took = time.monotonic() - start
    is_done.set()
    ticker.join()
    return took, gaps


def test_other_threads_go_on(dump: Path) -> None:
    """They are never kept waiting for as long as a run takes."""
    took, gaps = ticking(lambda: dumpsert.convert(dump, style="staged"))
    assert max(gaps) < took / 2, f"{max(gaps):.3f} s without a tick in {took:.3f} s"
    assert len(gaps) > 10


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_other_threads_go_on_during_one_write(kind: type[bytes] | type[bytearray]) -> None:
    """However large it is: neither what it gets nor what it returns is copied at once while they wait."""
    data = kind(BLOCK * 268)
    start = time.monotonic()
    bytearray(data)
    copied = time.monotonic() - start
    longest = []
    for _ in range(3):  # other programs can keep a thread waiting as well
        results: list[bytes] = []
        rewriter = dumpsert.Rewriter(style="rows")
        took, gaps = ticking(lambda: results.append(rewriter.write(data)))  # noqa: B023
        assert len(results[0]) > len(data)
        assert len(gaps) > 10
        longest.append(max(gaps))
    assert min(longest) < copied / 2, f"{longest} s without a tick in {took:.3f} s; to copy takes {copied:.3f} s"


def peak_kilobytes(program: str, *arguments: str) -> int:
    """The peak memory of a Python that runs `program`, by Linux's own account."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("no /proc")
    end = "\nfor line in open('/proc/self/status'):\n    if line.startswith('VmHWM'): print(line.split()[1])\n"
    command = [sys.executable, "-c", textwrap.dedent(program) + end, *arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize(
    "program",
    [
        "dumpsert.convert(sys.argv[1], '/dev/null', style=style)",
        "dumpsert.convert(file, open('/dev/null', 'wb'), style=style)",
        "for chunk in dumpsert.rewrite(sys.argv[1], style=style): pass",
        "for chunk in dumpsert.rewrite(chunks, style=style): pass",
        "rewriter = dumpsert.Rewriter(style=style)\nfor chunk in chunks: rewriter.write(chunk)\nrewriter.finish()",
        "for sql in dumpsert.statements(sys.argv[1]): pass",
        "dumpsert.inspect(sys.argv[1], style=style)",
    ],
)
@pytest.mark.parametrize("style", ["rows", "staged"])
def test_memory_does_not_grow(program: str, style: str, dump: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.sql"
    small.write_bytes(ROW)
    chunks = "file = open(sys.argv[1], 'rb')\nchunks = iter(lambda: file.read(65536), b'')"
    program = f"import sys, dumpsert\nstyle = {style!r}\n{chunks}\n{program}"
    peak, least = peak_kilobytes(program, str(dump)), peak_kilobytes(program, str(small))
    assert peak - least < 24 * 1024, f"{peak} kB, {least} kB for one row"


# A table that references itself: whose rows go is learned by a reading before.
CATALOG = """SCHEMA = 'CREATE TABLE public.t (id text PRIMARY KEY, v text REFERENCES public.t)'
catalog = dumpsert.Catalog.from_schema_sql(SCHEMA)
HEAD = b'INSERT INTO public.t (id, v) VALUES (1, 1)'"""


def interrupted(command: list[str], after: float = 1.0) -> tuple[int, str]:
    """Sends Ctrl-C to a program; returns its status and what it said."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it says when it begins
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=300)  # its input is still open: by itself it would not end
    _, said = process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    "program",
    [
        # A named pipe that is always full, twice; a generator; standard input that is always empty.
        "dumpsert.convert(sys.argv[1], sys.argv[2])",
        "for chunk in dumpsert.rewrite(sys.argv[1]): pass",
        "dumpsert.convert(itertools.repeat(b'-- nothing\\n' * 1000), sys.argv[2])",
        "dumpsert.convert('/dev/stdin', sys.argv[2], style='staged')",
        "dumpsert.inspect(sys.argv[1])",
        "dumpsert.convert(sys.argv[1], sys.argv[2], style='staged', exclude='public.t: v IS NULL', catalog=catalog)",
        # One statement that does not end.
        "dumpsert.convert(itertools.chain([HEAD], itertools.repeat(b', (1, 1)' * 1000)), sys.argv[2])",
        "dumpsert.Rewriter().write(HEAD + b', (1, 1)' * 100_000_000)",
        "for piece in dumpsert.Rewriter().pieces(HEAD + b', (1, 1)' * 100_000_000): pass",
    ],
)
def test_ctrl_c(program: str, tmp_path: Path) -> None:
    """A run ends, and its target does not appear."""
    source, target = tmp_path / "pipe", tmp_path / "out.sql"
    os.mkfifo(source)
    is_done = threading.Event()

    def feed() -> None:
        try:
            with source.open("wb") as pipe:
                while not is_done.is_set():
                    pipe.write(BLOCK)
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed, daemon=True)
    if "argv[1]" in program:
        feeder.start()
    code = f"import itertools, sys, dumpsert\nprint('begins', flush=True)\n{CATALOG}\n{program}"
    status, said = interrupted([sys.executable, "-c", code, str(source), str(target)])
    is_done.set()
    assert status in (130, -signal.SIGINT), said
    assert "KeyboardInterrupt" in said
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_pieces() -> None:
    """A short row with a long head is a long upsert: the script comes in pieces, and is the same."""
    columns = ", ".join(f'"{at:03}{"n" * 60}"' for at in range(200))
    row = ", ".join(["1"] * 200)
    dump = f"INSERT INTO public.t (id, {columns}) VALUES (1, {row}){f', (1, {row})' * 300};\n".encode()
    whole = dumpsert.Rewriter(style="rows")
    script = whole.write(dump) + whole.finish()
    assert len(script) > 20 * len(dump)
    for kind in (bytes, bytearray, memoryview):
        rewriter = dumpsert.Rewriter(style="rows")
        pieces = list(rewriter.pieces(kind(dump)))
        assert max(map(len, pieces)) < 1 << 20
        assert len(pieces) > 10
        assert b"".join(pieces) + rewriter.finish() == script
    broken = dumpsert.Rewriter(style="rows")
    with pytest.raises(dumpsert.DumpsertError) as caught:
        list(broken.pieces(dump + b"UPDATE t SET id = 2;\n"))
    assert b"RAISE EXCEPTION" in caught.value.output
    assert list(dumpsert.Rewriter().pieces(b"")) == []


COMMANDS = {
    "module": [sys.executable, "-m", "dumpsert"],
    "script": [str(Path(sysconfig.get_path("scripts")) / "dumpsert")],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_command_line(command: list[str], program: str, tmp_path: Path) -> None:
    """The program of the package says, writes and returns what the program of cargo does."""
    (tmp_path / "dump.sql").write_bytes(ROW)
    (tmp_path / "bad.sql").write_bytes(ROW + b"INSERT INTO public.t (id, v) VALUES (1, now());\n")
    for arguments in (
        ["--version"],
        ["--help"],
        ["convert", "--help"],
        [],
        ["convert", "--stile", "rows"],
        ["convert", "dump.sql"],
        ["convert", "dump.sql", "--style", "staged", "--report", "report.json", "-o", "out.sql"],
        ["convert", "bad.sql"],
        ["convert", "bad.sql", "-o", "bad.out.sql"],
        ["convert", "missing.sql"],
        ["convert", "dump.sql", "-o", "dump.sql"],
        ["convert", "dump.sql", "-o", "/dev/full"],
    ):
        results = []
        for start in (command, [program]):
            result = subprocess.run(
                [*start, *arguments], cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
            made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
            results.append((result.returncode, result.stdout, result.stderr, made))
            for name in ("report.json", "out.sql"):
                (tmp_path / name).unlink(missing_ok=True)
        assert results[0] == results[1], arguments


def test_the_reader_of_the_command_line_goes(dump: Path) -> None:
    pipe = f"{sys.executable} -m dumpsert convert --style rows {dump} | head -c 100 >/dev/null; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=True)
    assert result.stdout == "3\n"
    warning, last = result.stderr.strip().split("\n")
    assert "its column `id` is taken for it" in warning
    assert last.startswith("dumpsert: the reader of the script ended first")


def test_ctrl_c_of_the_command_line(tmp_path: Path) -> None:
    """It ends at once and leaves nothing behind, though its input stays open and empty."""
    target = tmp_path / "out.sql"
    process = subprocess.Popen(
        [sys.executable, "-m", "dumpsert", "convert", "-", "-o", str(target)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=300)  # its input is still open
    _, said = process.communicate()
    assert process.returncode in (130, -signal.SIGINT)
    assert said == b""
    assert list(tmp_path.iterdir()) == []
