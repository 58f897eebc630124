"""`manage.py verify_audit`: whether the audit trail is whole."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.auditing import broken_links
from accounts.models import AuditEntry


class Command(BaseCommand):
    help = "Recompute the chain of audit entries and name the rows that do not fit."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = broken_links()
        if broken:
            raise CommandError(
                f"{len(broken)} of {AuditEntry.objects.count()} audit entries do not fit their chain, first entry {broken[0]}. "
                "Somebody changed or removed rows beneath the application; compare with a backup."
            )
        self.stdout.write(f"The audit trail of {AuditEntry.objects.count()} entries is whole.")
