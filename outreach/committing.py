"""Group commit: many tasks each need one row changed, and one statement changes them all."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

import psycopg

Item = TypeVar("Item")
Result = TypeVar("Result")

# Errors of a database that will come back: away, out of disk, or a standby that only reads (fault F27). A pool that gave
# up waiting is one of the first kind.
DATABASE_AWAY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)
# Enough to share the cost of a commit; small enough that one statement stays short.
LARGEST_GROUP = 200
CANCEL_AGAIN_SECONDS = 0.5


async def end_tasks(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel tasks and return when all have ended, whatever they ended with.

    One cancel is not enough: before Python 3.12 `asyncio.wait_for`, which the connection pool uses, may swallow it when
    what it waited for arrives at the same moment (CPython issue 86296).
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)


class GroupCommitter(Generic[Item, Result]):
    """Collects items while the commit before is under way and hands them to `commit` as one list.

    `commit` returns one result per item, in order, after the change is durable. An error of `commit` reaches every
    caller of its group.
    """

    def __init__(self, commit: Callable[[list[Item]], Awaitable[list[Result]]]) -> None:
        self._commit = commit
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._open: set[asyncio.Future[Result]] = set()
        self._news = asyncio.Event()

    async def put(self, item: Item) -> Result:
        """Return the item's result once its group is committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        self._news.set()
        return await future

    async def flush(self) -> None:
        """Return once everything that was put before this call is committed or has failed."""
        if self._open:
            await asyncio.wait(set(self._open))

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            await self._news.wait()
            group, self._waiting = (
                self._waiting[:LARGEST_GROUP],
                self._waiting[LARGEST_GROUP:],
            )
            if not self._waiting:
                self._news.clear()
            try:
                results = await self._commit([item for item, _ in group])
            except Exception as error:  # noqa: BLE001 - handed to every caller, none of whom may wait for ever
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), result in zip(group, results, strict=True):
                if not future.done():
                    future.set_result(result)
