"""Measure the package against the crate: throughput in turns with `feed` of benches/, other threads, peak memory.

    cargo build --release -p dumpsert-benches --bins
    bindings-python/.venv/bin/maturin build --release -m bindings-python/Cargo.toml -o target/release-wheels
    python3 -m venv target/bench && target/bench/bin/pip install --no-deps target/release-wheels/dumpsert-*.whl
    target/release/generate inserts 256 > target/inserts.sql
    target/release/generate copy 256 > target/copy.sql
    target/bench/bin/python bindings-python/bench/throughput.py target/release/feed target/inserts.sql target/copy.sql

Every round runs each way once, one after the other; of all rounds the best counts. Needs Linux for the memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import dumpsert

CHUNK = 64 * 1024


def pieces(dump: bytes) -> Iterator[bytes]:
    """Yield chunks that are made one by one, as a network does."""
    for start in range(0, len(dump), CHUNK):
        yield dump[start : start + CHUNK]


def chunks_of(path: Path) -> Iterator[bytes]:
    """Read a file in the way of a program that has no better one."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def path_to_path(path: Path, style: str) -> None:
    """Leave everything to the library."""
    dumpsert.convert(path, "/dev/null", options={"style": style})


def iterate(chunks: Iterator[bytes], style: str) -> None:
    """Take the script chunk by chunk."""
    for _ in dumpsert.rewrite(chunks, options={"style": style}):
        pass


def push(chunks: Iterator[bytes], style: str) -> None:
    """Drive the machine by hand."""
    rewriter = dumpsert.Rewriter(options={"style": style})
    for chunk in chunks:
        rewriter.write(chunk)
    rewriter.finish()


def seconds(run: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def throughput(feed: str, path: Path, style: str, rounds: int) -> None:
    """Print the best rounds, in MB/s and as parts of the crate."""
    dump = path.read_bytes()
    size = len(dump) / 1e6

    def crate(where: str) -> float:
        command = [feed, str(path), style, where]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1000

    ways: dict[str, Callable[[], float]] = {
        "crate, path": partial(crate, "/dev/null"),
        "path to path": partial(seconds, partial(path_to_path, path, style)),
        "crate, memory": partial(crate, "memory"),
        "iterator, memory": partial(seconds, lambda: iterate(pieces(dump), style)),
        "write(), memory": partial(seconds, lambda: push(pieces(dump), style)),
        "crate, file": partial(crate, "file"),
        "iterator, file": partial(seconds, lambda: iterate(chunks_of(path), style)),
        "write(), file": partial(seconds, lambda: push(chunks_of(path), style)),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for way, run in ways.items():
            best[way] = min(best[way], run())
    for way, took in best.items():
        if way.startswith("crate"):
            base = took
            print(f"| {path.stem}, {style} | {way} | {size / took:,.0f} | |")
        else:
            print(f"| {path.stem}, {style} | {way} | {size / took:,.0f} | {base / took:.0%} |")


def new_processes(feed: str, path: Path, style: str, rounds: int) -> None:
    """Print the same where Python, too, is a new process each time."""

    def process(*command: str) -> float:
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def python(call: str) -> float:
        start = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom throughput import *\n"
        return process(sys.executable, "-c", start + f"print(seconds(lambda: {call}))", str(path), style)

    pairs = {
        "path to path": ("/dev/null", "path_to_path(Path(sys.argv[1]), sys.argv[2])"),
        "iterator": ("file", "iterate(chunks_of(Path(sys.argv[1])), sys.argv[2])"),
    }
    for way, (where, call) in pairs.items():
        best = [float("inf")] * 2
        for _ in range(rounds):
            best[0] = min(best[0], process(feed, str(path), style, where) / 1000)
            best[1] = min(best[1], python(call))
        print(f"| {path.stem}, {style} | {way}, new processes | | {best[0] / best[1]:.0%} |")


def other_threads(path: Path) -> None:
    """Print how often a thread that sleeps for a millisecond wakes up, and its longest sleep."""
    dump = path.read_bytes()

    def ticks(run: Callable[[], object]) -> str:
        gaps: list[float] = []
        is_done = threading.Event()

        def tick() -> None:
            before = time.perf_counter()
            while not is_done.is_set():
                time.sleep(0.001)
                now = time.perf_counter()
                gaps.append(now - before)
                before = now

        thread = threading.Thread(target=tick)
        thread.start()
        took = seconds(run)
        is_done.set()
        thread.join()
        return f"{len(gaps)} ticks in {took * 1000:.0f} ms, at most {max(gaps) * 1000:.1f} ms apart"

    print("nothing but sleep:", ticks(lambda: time.sleep(0.3)))
    print("path to path:", ticks(lambda: path_to_path(path, "rows")))
    print("iterator:", ticks(lambda: iterate(pieces(dump), "rows")))
    print("one write() of all:", ticks(lambda: dumpsert.Rewriter().write(dump)))


def peak_memory(path: Path) -> None:
    """Print the growth of a process's peak over that of one that converts a single row."""
    row = "INSERT INTO public.t (id) VALUES (1);"
    ways = {
        "path to path": "path_to_path(path, style)",
        "iterator": "iterate(chunks_of(path), style)",
        "write()": "push(chunks_of(path), style)",
    }
    for style in ("rows", "staged"):
        for way, call in ways.items():
            peaks = []
            small = path.with_name("one-row.sql")
            small.write_text(row)
            for source in (small, path):
                code = (
                    f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from pathlib import Path\n"
                    f"from throughput import *\npath, style = Path({str(source)!r}), {style!r}\n{call}\n"
                    "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
                )
                said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
                peaks.append(int(said) / 1000)
            small.unlink()
            print(f"{style}, {way}: {peaks[1]:.1f} MB, {peaks[1] - peaks[0]:.1f} MB more than for one row")


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feed")
    parser.add_argument("dumps", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print("| dump, style | way | MB/s | of the crate |\n|---|---|---|---|")
    for dump in arguments.dumps:
        for style in ("rows", "staged"):
            throughput(arguments.feed, dump, style, arguments.rounds)
            new_processes(arguments.feed, dump, style, arguments.rounds)
    for dump in arguments.dumps:
        print(f"\n{dump.stem}, {dump.stat().st_size / 1e6:.0f} MB")
        other_threads(dump)
        peak_memory(dump)


if __name__ == "__main__":
    main()
