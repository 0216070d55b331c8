"""The same for asyncio: the work is done in threads, so that the loop goes on."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from dumpsert import _core
from dumpsert._api import for_driver
from dumpsert._driver import AsyncDriver
from dumpsert._options import Options, check, plan
from dumpsert._report import Inspection, Outcome, Report
from dumpsert._restore import Pruning, View, asker, prepare
from dumpsert._types import Buffer, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future
    from typing import Unpack

    from psycopg import AsyncConnection

    from dumpsert._options import Given
    from dumpsert._types import Names, OptionValues, Path, Progress, RestoreProgress, Target

AsyncSource = Source | AsyncIterable[Buffer]

Item = TypeVar("Item", bytes, str)
Result = TypeVar("Result")
_END: Any = object()


async def aconvert(
    source: AsyncSource,
    target: Target | None = None,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> Report:
    """Do what `convert` does without blocking the loop; `source` may also be an asynchronous iterable of bytes.

    `progress` is called in the loop, and may be a coroutine function. Files, iterables and targets are used in another
    thread. When the task is cancelled, the run ends at its next chunk, before the cancellation goes on.
    """
    run = _Run(source)
    ready: Options = await run.call(check, options, values)
    tell = None if progress is None else run.asker(progress)
    return Report(await run.call(_core.convert, run.source, target, ready._plan, tell, run.stop, ready._files()))


async def ainspect(
    source: AsyncSource,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> Inspection:
    """Do what `inspect` does without blocking the loop; `source` and `progress` are those of `aconvert`."""
    run = _Run(source)
    ready = await run.call(plan, options, values)
    tell = None if progress is None else run.asker(progress)
    return Inspection(await run.call(_core.inspect, run.source, ready, tell, run.stop))


async def arestore(
    dump: AsyncSource,
    *,
    to: str | None = None,
    connection: AsyncConnection[Any] | None = None,
    options: Given | None = None,
    progress: RestoreProgress | None = None,
    before_commit: Callable[[Outcome], object] | None = None,
    dry_run: bool = False,
    check: bool = False,
    verify: Literal["normal", "strict"] = "normal",
    diff: int | None = None,
    hide: Names = (),
    prune: bool = False,
    prune_empty: Names = (),
    prune_keyless: Names = (),
    prune_cascade: bool = False,
    prune_max: int | str | None = None,
    mapping: Path | None = None,
    bin_dir: Path | None = None,
    **values: Unpack[OptionValues],
) -> Outcome:
    """Do what `restore` does without blocking the loop; `dump` may also be an asynchronous iterable of bytes.

    `progress` and `before_commit` are called in the loop, and may be coroutine functions. When the task is cancelled,
    the run ends, with the programs that run for it, before the cancellation goes on. `connection` is an
    `AsyncConnection` of psycopg 3, which is used in the loop.
    """
    pruning = Pruning(prune, prune_empty, prune_keyless, prune_cascade, prune_max)
    view = View(dry_run, check, verify, diff, hide, pruning, mapping)
    settled = (to, connection, None, bin_dir, view, options, values)
    return await _restore(dump, progress, before_commit, connection, *settled)


async def async_sync(
    *,
    source: str,
    to: str,
    options: Given | None = None,
    progress: RestoreProgress | None = None,
    before_commit: Callable[[Outcome], object] | None = None,
    dry_run: bool = False,
    check: bool = False,
    verify: Literal["normal", "strict"] = "normal",
    diff: int | None = None,
    hide: Names = (),
    prune: bool = False,
    prune_empty: Names = (),
    prune_keyless: Names = (),
    prune_cascade: bool = False,
    prune_max: int | str | None = None,
    mapping: Path | None = None,
    bin_dir: Path | None = None,
    **values: Unpack[OptionValues],
) -> Outcome:
    """Do what `sync` does without blocking the loop; the functions are those of `arestore`."""
    pruning = Pruning(prune, prune_empty, prune_keyless, prune_cascade, prune_max)
    view = View(dry_run, check, verify, diff, hide, pruning, mapping)
    settled = (to, None, source, bin_dir, view, options, values)
    return await _restore(None, progress, before_commit, None, *settled)


async def _restore(
    dump: Any,
    progress: Callable[..., Any] | None,
    before_commit: Callable[[Outcome], object] | None,
    connection: AsyncConnection[Any] | None,
    *settled: Any,
) -> Outcome:
    """Do either; `settled` is what `prepare` takes."""
    run = _Run(dump)
    settings, given = await run.call(prepare, *settled)
    tell = None if progress is None else run.asker(progress)
    ask = None if before_commit is None else asker(run.asker(before_commit))
    if connection is None:
        return Outcome(await run.call(_core.restore, run.source, settings, *given, tell, ask, run.stop))
    async with AsyncDriver(connection, run.drive) as driver:
        return Outcome(await run.call(_core.restore, run.source, settings, *given, tell, ask, run.stop, driver))


def arewrite(
    source: AsyncSource,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> AsyncIterator[bytes]:
    """Do what `rewrite` does without blocking the loop; `source` and `progress` are those of `aconvert`.

    >>> async for chunk in dumpsert.arewrite(request.stream(), style="staged"):
    ...     psql.stdin.write(chunk)
    ...     await psql.stdin.drain()
    """
    return AsyncIterator(_core.Script, source, lambda: plan(options, values), progress)


def astatements(
    source: AsyncSource,
    *,
    options: Given | None = None,
    progress: Progress | None = None,
    **values: Unpack[OptionValues],
) -> AsyncIterator[str]:
    """Do what `statements` does without blocking the loop; `source` and `progress` are those of `aconvert`."""
    return AsyncIterator(_core.Statements, source, lambda: for_driver(options, values), progress)


class AsyncIterator(Generic[Item]):
    """Chunks of the script, or its statements; see `arewrite` and `astatements`."""

    __slots__ = ("_check", "_items", "_make", "_progress", "_run", "_source")

    def __init__(
        self, make: Callable[..., Any], source: Any, check: Callable[[], _core.Plan], progress: Progress | None
    ) -> None:
        """Prepare; nothing is read yet."""
        self._make = make
        self._source = source
        self._check = check
        self._progress = progress
        self._items: Any = None
        self._run: _Run | None = None

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> Item:
        """Read on in a thread until there is something to return."""
        if self._run is None:
            self._run = run = _Run(self._source)
            tell = None if self._progress is None else run.asker(self._progress)
            self._items = self._make(run.source, await run.call(self._check), tell, run.stop)
        item: Item = await self._run.call(next, self._items, _END)
        if item is _END:
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        """End early. What was returned is not the whole."""
        if self._items is not None:
            self._items.close()
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()

    @property
    def report(self) -> Report | None:
        """The report, once the last item was returned."""
        text = None if self._items is None else self._items.report
        return None if text is None else Report(text)


class _Run:
    """What is done in threads, for one task of the loop."""

    def __init__(self, source: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.stop = _core.Stop()
        self.source = self._pull(source) if isinstance(source, AsyncIterable) else source
        self._awaited: Future[Any] | None = None
        self._driving: asyncio.Task[Any] | None = None
        self._is_cancelled = False

    async def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function in a thread; when cancelled, end it first, so that nothing goes on behind anybody's back."""
        task = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._cancel()
            while not task.done():
                try:
                    await asyncio.wait([task])
                except asyncio.CancelledError:
                    continue
            if not task.cancelled():
                task.exception()
            raise

    def asker(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Call a function in the loop from a thread."""

        async def ask(*arguments: Any) -> Any:
            answer = function(*arguments)
            return await answer if inspect.isawaitable(answer) else answer

        return lambda *arguments: self._wait(ask(*arguments))

    def drive(self, step: Coroutine[Any, Any, Result], is_last: bool) -> Result:
        """Wait, in a thread, for a step of a driver in the loop, also for its end when it is cancelled.

        What is the last word of a transaction is not cancelled.
        """

        async def do() -> Result:
            if self._is_cancelled and not is_last:
                step.close()
                raise asyncio.CancelledError
            self._driving = None if is_last else asyncio.current_task()
            try:
                return await step
            finally:
                self._driving = None

        return asyncio.run_coroutine_threadsafe(do(), self.loop).result()

    def _pull(self, source: AsyncIterable[Buffer]) -> Any:
        chunks = aiter(source)

        async def pull() -> Any:
            return await anext(chunks, _END)

        return iter(lambda: self._wait(pull()), _END)

    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Wait, in a thread, for something that is done in the loop."""
        self._awaited = future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        if self._is_cancelled:
            future.cancel()
        return future.result()

    def _cancel(self) -> None:
        self._is_cancelled = True
        self.stop.set()
        if self._awaited is not None:
            self._awaited.cancel()
        if self._driving is not None:
            self._driving.cancel()
