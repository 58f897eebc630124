"""News from accounts: a changed profile makes scores stale."""

from typing import Any

from django.dispatch import receiver

from accounts.signals import profile_changed
from jobs import tasks


@receiver(profile_changed, dispatch_uid="jobs.profile_changed")
def rescore(sender: object, profile_id: int, **kwargs: Any) -> None:
    """Score the profile's openings again."""
    tasks.refresh_matches.delay(profile_id)
