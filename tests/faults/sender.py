"""A dispatcher in a process of its own, for tests that kill it: python -m tests.faults.sender [key=value ...]

Keys: any number of Options; die_after_receipts=N kills the process with SIGKILL between the N-th server's reply and
its commit; die_after_begins=N does so right after the N-th commit of `sending`, before DATA.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace

import django
from django.conf import settings


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    settings.DATABASES["default"].update(json.loads(os.environ["TEST_SENDER_DATABASE"]))
    django.setup()
    from outreach.carrying import Carrier
    from outreach.dispatcher import Dispatcher
    from tests.faults.ledger_world import OPTIONS

    wanted = {key: float(value) for key, value in (a.split("=") for a in sys.argv[1:])}
    receipts, begins = wanted.pop("die_after_receipts", 0), wanted.pop("die_after_begins", 0)
    seen = {"receipts": 0, "begins": 0}

    def count(what: str, limit: float) -> None:
        seen[what] += 1
        if limit and seen[what] >= limit:
            os.kill(os.getpid(), signal.SIGKILL)

    class MortalCarrier(Carrier):
        async def on_receipt(self, ticket, receipt) -> None:
            count("receipts", receipts)

        async def _may_go(self, flight) -> bool:
            may_go = await super()._may_go(flight)
            if may_go:
                count("begins", begins)
            return may_go

    class MortalDispatcher(Dispatcher):
        carrier_class = MortalCarrier

    numbers = {key: int(value) if value == int(value) else value for key, value in wanted.items()}

    async def serve() -> None:
        dispatcher = MortalDispatcher(replace(OPTIONS, **numbers))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, dispatcher.stop)
        print("ready", flush=True)  # noqa: T201
        await dispatcher.run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
