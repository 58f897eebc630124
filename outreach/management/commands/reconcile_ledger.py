"""Make a database restored from a backup true again, so that sending can be switched on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.auditing import record
from accounts.switches import SENDING, switch_of, turn_off
from outreach import epoch_guard
from outreach.oracles import MailboxOracle
from outreach.reconciling import TooEarlyError, reconcile

SENTENCES = {
    "sent": "{} had left already and are now marked sent.",
    "not sent": "{} had not left; they wait as before.",
    "unknown": "{} cannot be proved either way: they are “unknown” and are not sent again by themselves.",
    "held": "{} are held, because no mailbox is left that could be asked.",
}


class Command(BaseCommand):
    help = (
        "After a database was restored from a backup: ask what became of every mail that was due, "
        "and let the ledger's epochs go on beyond those already used. Sending stays off until it is switched on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        standing, mark = epoch_guard.standing()
        mark.close()
        if not standing.is_restored:
            self.stdout.write(
                "The database is not older than what was sent. There is nothing to do."
            )
            return
        turn_off(SENDING, by=None, reason=epoch_guard.RESTORED_REASON, now=now)
        switch = switch_of(SENDING)
        assert switch is not None  # noqa: S101 - turned off two lines above
        try:
            done = reconcile(MailboxOracle(), now=now, restored_at=switch.changed_at)
        except TooEarlyError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The backup knew epochs up to {done.drawn}; {done.remembered} was used.")
        for found, count in done.counts.items():
            self.stdout.write(SENTENCES[found].format(count))
        record(
            "ledger.reconcile",
            switch,
            actor=None,
            reason="A restored database was compared with what had been sent.",
            before={"epoch": done.drawn},
            after={"epoch": done.remembered, **done.counts},
            affected_count=sum(done.counts.values()),
        )
        self.stdout.write(
            "Sending is off. Switch it on in the operations console when you are ready."
        )
