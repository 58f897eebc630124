"""Send without Celery: the same loop, turn after turn, until told to stop."""

import asyncio
import gc
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from outreach.advancing import advance_sequences
from outreach.committing import DATABASE_AWAY
from outreach.dispatcher import Dispatcher, NoSlotError, Options
from outreach.epoch_guard import RESTORED_REASON
from outreach.loops import loop_factory
from outreach.recovery import LateOracle

# After a turn that could not begin (no slot, no database) we wait this long.
REST_SECONDS = 2.0


class Command(BaseCommand):
    help = "Send scheduled mail and advance sequences until stopped; needs PostgreSQL only."
    # The others would load every page of the product.
    requires_system_checks = ["settings"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="end when nothing is due and nothing under way"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        gc.freeze()  # what is loaded stays; the collector need not walk it again and again
        try:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(self._serve(once=options["once"]))
        finally:
            gc.unfreeze()

    async def _serve(self, *, once: bool) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        while not stopped.is_set():
            dispatcher = Dispatcher(
                Options(
                    stop_when_idle=once,
                    chores=(advance_sequences,),
                    is_stopping=stopped.is_set,
                    oracle=LateOracle(),
                )
            )
            try:
                tally = await dispatcher.run()
                if tally:
                    self.stdout.write(", ".join(f"{count} {end}" for end, count in tally.items()))
                if once:
                    return
                if dispatcher.is_refused:
                    self.stderr.write(RESTORED_REASON)
                    await _rest(stopped)
            except NoSlotError:
                self.stderr.write("Every sender's slot is taken; trying again.")
                await _rest(stopped)
            except DATABASE_AWAY as error:
                self.stderr.write(f"The database cannot be used ({error}); trying again.")
                await _rest(stopped)


async def _rest(stopped: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), REST_SECONDS)
    except TimeoutError:
        return
