"""`progress`: what it is told, and what happens when it raises, in every way to convert."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import dumpsert
import pytest

ROW = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n"
BLOCK = ROW * 5000
FAILS = b"RAISE EXCEPTION"

Call = tuple[int, int, str | None]


def slow(blocks: int) -> Iterator[bytes]:
    """A dump that takes longer than the least time between two calls."""
    for _ in range(blocks):
        yield BLOCK
        time.sleep(0.06)


def endless() -> Iterator[bytes]:
    while True:
        yield BLOCK


async def aslow(blocks: int) -> AsyncIterator[bytes]:
    for _ in range(blocks):
        yield BLOCK
        await asyncio.sleep(0.06)


def pushed(source: Iterator[bytes], progress: Any) -> dumpsert.Report | None:
    rewriter = dumpsert.Rewriter(progress=progress)
    for chunk in source:
        rewriter.write(chunk)
    rewriter.finish()
    return rewriter.report


def pulled(make: Callable[..., Any]) -> Callable[..., Any]:
    def run(source: Iterator[bytes], progress: Any) -> dumpsert.Report | None:
        items = make(source, progress=progress, style="batches")
        for _ in items:
            pass
        report: dumpsert.Report | None = items.report
        return report

    return run


def apulled(make: Callable[..., Any]) -> Callable[..., Any]:
    def run(source: Iterator[bytes], progress: Any) -> dumpsert.Report | None:
        async def run_() -> dumpsert.Report | None:
            items = make(source, progress=progress, style="batches")
            async for _ in items:
                pass
            report: dumpsert.Report | None = items.report
            return report

        return asyncio.run(run_())

    return run


WAYS: dict[str, Callable[[Iterator[bytes], Any], dumpsert.Report | None]] = {
    "convert": lambda source, progress: dumpsert.convert(source, progress=progress),
    "inspect": lambda source, progress: dumpsert.inspect(source, progress=progress).report,
    "rewrite": pulled(dumpsert.rewrite),
    "statements": pulled(dumpsert.statements),
    "Rewriter": pushed,
    "aconvert": lambda source, progress: asyncio.run(dumpsert.aconvert(source, progress=progress)),
    "ainspect": lambda source, progress: asyncio.run(dumpsert.ainspect(source, progress=progress)).report,
    "arewrite": apulled(dumpsert.arewrite),
    "astatements": apulled(dumpsert.astatements),
}


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest) -> Any:
    return WAYS[request.param]


def test_it_is_told(way: Callable[..., Any]) -> None:
    """Sometimes, always more, and at the end everything."""
    calls: list[Call] = []
    start = time.monotonic()
    report = way(slow(10), lambda *call: calls.append(call))
    assert report.rows_read == 50_000
    assert calls[-1] == (report.bytes_read, report.rows_read, "public.t")
    assert 3 <= len(calls) <= (time.monotonic() - start) / 0.1 + 1
    assert calls == sorted(calls)
    for done, rows, table in calls:
        assert (0 < done <= report.bytes_read, 0 < rows <= report.rows_read, table) == (True, True, "public.t")


def test_it_is_told_once_of_a_short_dump(way: Callable[..., Any]) -> None:
    calls: list[Call] = []
    way(iter([ROW * 3]), lambda *call: calls.append(call))
    assert calls == [(len(ROW * 3), 3, "public.t")]


def test_it_ends_a_run(way: Callable[..., Any]) -> None:
    def enough(done: int, _rows: int, _table: str | None) -> None:
        raise InterruptedError(f"{done} bytes")

    with pytest.raises(InterruptedError, match="bytes"):
        way(endless(), enough)
    with pytest.raises(InterruptedError, match=f"^{len(ROW)} bytes"):
        way(iter([ROW]), enough)


def refuse(*_: object) -> None:
    raise LookupError("enough")


def test_what_is_left_of_an_iterator() -> None:
    """The script ends with what makes it fail, then comes the exception, then nothing."""
    chunks = dumpsert.rewrite(endless(), progress=refuse)
    written = []
    with pytest.raises(LookupError, match="enough"):
        for chunk in chunks:
            written.append(chunk)
    assert FAILS in b"".join(written)[-1000:]
    assert list(chunks) == []
    assert chunks.report is None

    single = dumpsert.statements(endless(), progress=refuse)
    with pytest.raises(LookupError, match="enough"):
        for _ in single:
            pass
    assert list(single) == []
    assert single.report is None


def test_what_is_left_of_a_rewriter() -> None:
    """What a call that raises has made of the script is not lost."""
    rewriter = dumpsert.Rewriter(progress=refuse, style="rows")
    written = io.BytesIO()
    with pytest.raises(LookupError, match="enough"):
        while True:
            written.write(rewriter.write(BLOCK))
    with pytest.raises(dumpsert.ConfigError, match="ended already") as caught:
        rewriter.write(ROW)
    assert (caught.value.kind, caught.value.output) == ("finished", b"")
    before = written.getvalue().count(b"'one')")
    written.write(rewriter.abort())
    assert before < written.getvalue().count(b"'one')") <= before + 5000
    assert FAILS in written.getvalue()[-1000:]
    assert rewriter.abort() == b""
    assert rewriter.report is None


def test_the_last_call_of_a_rewriter() -> None:
    rewriter = dumpsert.Rewriter(progress=refuse)
    rewriter.write(ROW)
    with pytest.raises(LookupError, match="enough"):
        rewriter.finish()
    assert rewriter.report is None
    with pytest.raises(dumpsert.ConfigError, match="ended already"):
        rewriter.finish()
    assert rewriter.abort() == b""


def test_with_blocks_give_up() -> None:
    with pytest.raises(LookupError, match="enough"), dumpsert.Rewriter(progress=refuse) as rewriter:
        while True:
            rewriter.write(BLOCK)
    with pytest.raises(LookupError, match="enough"), dumpsert.Rewriter(progress=refuse) as rewriter:
        rewriter.write(ROW)
        rewriter.finish()


def test_it_cannot_use_what_calls_it() -> None:
    rewriter: Any = None

    def write(*_: object) -> None:
        rewriter.write(ROW)

    rewriter = dumpsert.Rewriter(progress=write)
    rewriter.write(ROW)
    with pytest.raises(RuntimeError, match="in use"):
        rewriter.finish()


@pytest.mark.parametrize("make", [dumpsert.arewrite, dumpsert.astatements])
def test_it_is_told_in_the_loop(make: Callable[..., Any]) -> None:
    async def run() -> None:
        calls: list[Any] = []

        async def show(done: int, rows: int, table: str | None) -> None:
            await asyncio.sleep(0)
            calls.append((done, rows, table, threading.current_thread() is threading.main_thread()))

        async for _ in make(aslow(8), progress=show, style="batches"):
            pass
        assert calls[-1] == (8 * len(BLOCK), 40_000, "public.t", True)
        assert len(calls) > 2
        assert all(in_the_loop for *_, in_the_loop in calls)

    asyncio.run(run())


@pytest.mark.parametrize("make", [dumpsert.arewrite, dumpsert.astatements])
def test_cancellation_while_it_waits(make: Callable[..., Any]) -> None:
    async def run() -> None:
        waits = asyncio.Event()

        async def wait(*_: object) -> None:
            waits.set()
            await asyncio.sleep(3600)

        async def work() -> None:
            async for _ in make(aslow(1_000), progress=wait, style="batches"):
                pass

        task = asyncio.create_task(work())
        await asyncio.wait_for(waits.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)

    asyncio.run(run())
