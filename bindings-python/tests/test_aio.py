"""The same for asyncio."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import dumpsert
import pytest

DUMP = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n"
BLOCK = DUMP * 20_000


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


async def acut(data: bytes, size: int) -> AsyncIterator[bytes]:
    for chunk in cut(data, size):
        await asyncio.sleep(0)
        yield chunk


async def endless() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0)
        yield BLOCK


def test_the_same_as_without(tmp_path: Path) -> None:
    expected = b"".join(dumpsert.rewrite([BLOCK]))
    report = dumpsert.convert([BLOCK])

    async def run() -> None:
        path = tmp_path / "dump.sql"
        path.write_bytes(BLOCK)
        for source in (path, [BLOCK], cut(BLOCK, 1000), acut(BLOCK, 100_000)):
            target = tmp_path / "out.sql"
            assert await dumpsert.aconvert(source, target) == report
            assert target.read_bytes() == expected
        for source in (path, [BLOCK], cut(BLOCK, 1000), acut(BLOCK, 100_000)):
            chunks = dumpsert.arewrite(source)
            assert b"".join([chunk async for chunk in chunks]) == expected
            assert chunks.report == report
        statements = [sql async for sql in dumpsert.astatements(acut(DUMP * 3, 7))]
        assert statements == list(dumpsert.statements([DUMP * 3]))

    asyncio.run(run())


def test_the_loop_goes_on() -> None:
    async def run() -> None:
        gaps = [0.0]

        async def tick() -> None:
            before = time.monotonic()
            while True:
                await asyncio.sleep(0.001)
                now = time.monotonic()
                gaps.append(now - before)
                before = now

        ticker = asyncio.create_task(tick())
        start = time.monotonic()
        await dumpsert.aconvert([BLOCK] * 200, style="staged")
        took = time.monotonic() - start
        ticker.cancel()
        assert len(gaps) > 10
        assert max(gaps) < took / 2, f"{max(gaps):.3f} s without a tick in {took:.3f} s"

    asyncio.run(run())


def test_progress_is_told_in_the_loop() -> None:
    async def run() -> None:
        calls: list[Any] = []

        async def show(done: int, rows: int, table: str | None) -> None:
            await asyncio.sleep(0)
            calls.append((done, rows, table, threading.current_thread() is threading.main_thread()))

        await dumpsert.aconvert([DUMP * 3], progress=show)
        assert calls[-1] == (len(DUMP * 3), 3, "public.t", True)
        with pytest.raises(ZeroDivisionError):
            await dumpsert.aconvert([DUMP], progress=lambda *_: 1 // 0)

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["asynchronous", "generator", "waiting", "progress"])
def test_cancellation(kind: str, tmp_path: Path) -> None:
    """The run has ended when the cancellation is through, and nothing is left of it."""

    async def waiting() -> AsyncIterator[bytes]:
        yield DUMP
        await asyncio.sleep(3600)

    def generator() -> Iterator[bytes]:
        while True:
            yield BLOCK

    async def run() -> None:
        source: Any = {"generator": generator, "waiting": waiting}.get(kind, endless)()
        progress = None
        if kind == "progress":

            async def progress(*_: object) -> None:
                await asyncio.sleep(3600)

        before = threading.active_count()
        task = asyncio.create_task(dumpsert.aconvert(source, tmp_path / "out.sql", progress=progress))
        await asyncio.sleep(0.5)
        assert not task.done()
        task.cancel()
        start = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - start < 10
        assert list(tmp_path.iterdir()) == []
        assert threading.active_count() <= before + 2  # those of the loop's pool wait for more

    asyncio.run(run())


def test_what_is_raised() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield DUMP
        raise LookupError("no more of it")

    async def run() -> None:
        with pytest.raises(LookupError, match="no more"):
            await dumpsert.aconvert(failing())
        chunks = []
        with pytest.raises(LookupError, match="no more"):
            async for chunk in dumpsert.arewrite(failing()):
                chunks.append(chunk)
        assert b"RAISE EXCEPTION" in b"".join(chunks)
        with pytest.raises(dumpsert.ConfigError, match="did you mean style"):
            await dumpsert.aconvert([DUMP], stile="rows")  # type: ignore[call-arg]
        with pytest.raises(dumpsert.ConfigError, match="did you mean style"):
            await anext(dumpsert.arewrite([DUMP], stile="rows"))  # type: ignore[call-arg]

    asyncio.run(run())


def test_closing_early() -> None:
    async def run() -> None:
        closed = []

        async def source() -> AsyncIterator[bytes]:
            try:
                async for chunk in endless():
                    yield chunk
            finally:
                closed.append(1)

        chunks = dumpsert.arewrite(source())
        assert (await anext(chunks)).startswith(b"\\if true")
        await chunks.aclose()
        assert closed
        assert chunks.report is None
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)

    asyncio.run(run())
