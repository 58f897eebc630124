"""The parts that `make up` runs beside the web server, in threads on the test database: practice mail, worker, sender."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from celery.contrib.testing.worker import start_worker
from django.db import connections

from config.celery_app import app
from config.embedded.mailsink import Sandbox, SandboxOptions
from outreach.advancing import advance_sequences
from outreach.dispatcher import Dispatcher, Options

READY_SECONDS, SHUTDOWN_SECONDS = 20.0, 60.0
# A person would read for three seconds; a test need not.
ANSWER_DELAY = 0.3


@contextmanager
def in_thread(name: str, run: Callable[[threading.Event, threading.Event], None]) -> Iterator[None]:
    """Run `run(ready, stop)` in a thread until the block ends; its failure fails the block."""
    ready, stop = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            run(ready, stop)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)
        finally:
            connections.close_all()
            ready.set()

    thread = threading.Thread(target=guarded, name=name)
    thread.start()
    try:
        assert ready.wait(READY_SECONDS), f"{name} did not start"
        assert not failures, failures
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures, failures


@contextmanager
def sandbox_mail(base_url: str, folder: Path) -> Iterator[int]:
    """Run the practice mail server; yield its port."""
    place: dict[str, int] = {}

    async def serve(ready: threading.Event, stop: threading.Event) -> None:
        sandbox = Sandbox(
            SandboxOptions(
                base_url=base_url, mail_folder=folder, port=0, delay_seconds=ANSWER_DELAY
            )
        )
        await sandbox.start()
        place["port"] = sandbox.port
        ready.set()
        await asyncio.to_thread(stop.wait)
        await sandbox.stop()

    with in_thread("sandbox", lambda ready, stop: asyncio.run(serve(ready, stop))):
        yield place["port"]


@contextmanager
def worker() -> Iterator[None]:
    """Run a Celery worker on the test broker, as `make up` does, instead of running tasks where they are called."""
    eager = app.conf.task_always_eager
    app.conf.task_always_eager = False
    try:
        # A worker ends the task it is at, which takes a while on a busy machine.
        with start_worker(
            app,
            pool="solo",
            perform_ping_check=False,
            loglevel="WARNING",
            shutdown_timeout=SHUTDOWN_SECONDS,
        ):
            yield
    finally:
        app.conf.task_always_eager = eager


@contextmanager
def sender() -> Iterator[None]:
    """Run a dispatcher until the block ends."""

    def send(ready: threading.Event, stop: threading.Event) -> None:
        options = Options(seconds=None, chores=(advance_sequences,), is_stopping=stop.is_set)
        ready.set()
        asyncio.run(Dispatcher(options).run())

    with in_thread("sender", send):
        yield


@contextmanager
def everything_but_the_sender(base_url: str, folder: Path) -> Iterator[int]:
    """Run practice mail and a worker; yield the practice server's port."""
    with ExitStack() as stack:
        port = stack.enter_context(sandbox_mail(base_url, folder))
        stack.enter_context(worker())
        yield port
