"""A dispatcher in a process of its own, for tests that race, stop and kill it.

The processes are forked from one that has Django loaded already, so a test can start many of them.
"""

import asyncio
import io
import logging
import multiprocessing
import os
import signal
import sys
from dataclasses import replace

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

if not apps.ready:  # in the process that is forked from; pytest-django does it everywhere else
    django.setup()

from outreach.carrying import Carrier
from outreach.dispatcher import Dispatcher, NoSlotError, Options

OPTIONS = Options(
    connections=8,
    in_flight=128,
    batch=100,
    lease=30,
    slots_per_host=16,
    slots_in_all=16,
    stop_when_idle=True,
    seconds=60,
)
NO_SLOT = 3
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.faults.sender"])


class MortalCarrier(Carrier):
    """Kills its process between the N-th server's reply and its commit, or between the N-th `sending` and DATA."""

    receipts_left = begins_left = 0

    async def on_receipt(self, ticket, receipt):
        MortalCarrier.receipts_left -= 1
        if MortalCarrier.receipts_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def _may_go(self, flight):
        may_go = await super()._may_go(flight)
        if may_go:
            MortalCarrier.begins_left -= 1
            if MortalCarrier.begins_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return may_go


class PoisonedCarrier(Carrier):
    """One person's mail is poison for whoever composes it: it raises, kills its process, or never comes to an end."""

    recipient = effect = ""

    async def _deliver(self, flight, parcel):
        if parcel.recipient == self.recipient:
            if self.effect == "raise":
                raise ZeroDivisionError("This mail cannot be composed.")
            if self.effect == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            while self.effect == "loop":
                pass
        return await super()._deliver(flight, parcel)


class MortalDispatcher(Dispatcher):
    carrier_class = MortalCarrier


class PoisonedDispatcher(Dispatcher):
    carrier_class = PoisonedCarrier


def serve(database, die_after_receipts, die_after_begins, poison, host, changes):
    """Run one dispatcher until it is done, stopped or killed; exit with NO_SLOT when there is none for it."""
    connections["default"].settings_dict.update(database)
    logging.disable(logging.ERROR)
    settings.DISPATCH_HOST = host
    MortalCarrier.receipts_left, MortalCarrier.begins_left = die_after_receipts, die_after_begins
    PoisonedCarrier.recipient, PoisonedCarrier.effect = poison

    async def run():
        kind = PoisonedDispatcher if poison[0] else MortalDispatcher
        dispatcher = kind(replace(OPTIONS, **changes))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, dispatcher.stop)
        await dispatcher.run()

    try:
        asyncio.run(run())
    except NoSlotError:
        sys.exit(NO_SLOT)


def serve_on(database, overrides):
    """Run `manage.py dispatch`, turn after turn, until stopped; `overrides` are settings."""
    connections["default"].settings_dict.update(database)
    logging.disable(logging.ERROR)
    for name, value in overrides.items():
        setattr(settings, name, value)
    call_command("dispatch", stdout=io.StringIO(), stderr=io.StringIO())


def here():
    """Return where this test's database is."""
    wanted = connections["default"].settings_dict
    return {key: wanted[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}


def start_service(**overrides):
    """Start `manage.py dispatch` on this test's database, as an installation without Celery runs it."""
    chosen = {"DISPATCH_CONNECTIONS": 8, "DISPATCH_SLOTS_PER_HOST": 8, "DISPATCH_SLOTS_TOTAL": 8}
    service = processes.Process(
        target=serve_on, args=(here(), {**chosen, **overrides}), daemon=True
    )
    service.start()
    return service


def start_sender(*, die_after_receipts=0, die_after_begins=0, poison=("", ""), host="", **changes):
    """Start a dispatcher on this test's database; `changes` are Options, `poison` is a recipient and an effect."""
    arguments = (here(), die_after_receipts, die_after_begins, poison, host, changes)
    sender = processes.Process(target=serve, args=arguments, daemon=True)
    sender.start()
    return sender


def finish(*senders, seconds=60):
    """Wait for senders and return their exit statuses."""
    for sender in senders:
        sender.join(seconds)
    return [sender.exitcode for sender in senders]


def kill(sender):
    """kill -9 and wait until it is gone."""
    sender.kill()
    sender.join(10)
