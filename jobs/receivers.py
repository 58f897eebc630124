"""News from accounts: a changed profile makes scores stale.

The tasks are imported when there is news: every process loads the receivers, and few of them read resumes.
"""

from typing import Any

from django.dispatch import receiver

from accounts.signals import profile_changed


@receiver(profile_changed, dispatch_uid="jobs.profile_changed")
def rescore(sender: object, profile_id: int, **kwargs: Any) -> None:
    """Score the profile's openings again."""
    from jobs import tasks

    tasks.refresh_matches.delay(profile_id)
