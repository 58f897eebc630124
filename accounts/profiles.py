"""Changing a profile: every change of a fact or wish makes the profile's version grow, so that scores know they are stale."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import Profile, ProfileFact, Workspace
from accounts.signals import profile_changed


def primary_profile(workspace: Workspace) -> Profile:
    """Return the workspace's candidate (the first one made; recruiter workspaces hold several)."""
    return (
        Profile.objects.for_workspace(workspace)
        .order_by("pk")
        .select_related("preferences")[:1]
        .get()
    )


def touch_profile(profile: Profile) -> None:
    """Count a change and tell the rooms above after commit."""
    Profile.objects.filter(pk=profile.pk).update(version=F("version") + 1)
    profile.refresh_from_db(fields=["version"])
    transaction.on_commit(lambda: profile_changed.send(sender=Profile, profile_id=profile.pk))


@transaction.atomic
def add_fact(profile: Profile, **fields: Any) -> ProfileFact:
    """Add a fact that the person typed: fully trusted, without a span in a resume."""
    position = profile.facts.count()
    fact: ProfileFact = ProfileFact.objects.create(
        workspace=profile.workspace,
        profile=profile,
        origin=ProfileFact.Origin.PERSON,
        confidence=1.0,
        position=position,
        **fields,
    )
    touch_profile(profile)
    return fact


@transaction.atomic
def edit_fact(fact: ProfileFact, **fields: Any) -> ProfileFact:
    """Change a fact as the person wrote it; it becomes theirs and keeps its link to the resume text."""
    for name, value in fields.items():
        setattr(fact, name, value)
    fact.origin = ProfileFact.Origin.PERSON
    fact.confidence = 1.0
    fact.save()
    touch_profile(fact.profile)
    return fact


@transaction.atomic
def delete_fact(fact: ProfileFact, *, now: datetime) -> None:
    """Hide a fact and everything under it; `restore_fact` brings exactly these back."""
    ProfileFact.objects.filter(pk=fact.pk, deleted_at=None).update(deleted_at=now)
    ProfileFact.objects.filter(parent=fact, deleted_at=None).update(deleted_at=now)
    touch_profile(fact.profile)


@transaction.atomic
def restore_fact(fact: ProfileFact) -> None:
    """Bring a deleted fact back together with what was deleted with it."""
    ProfileFact.objects.filter(parent=fact, deleted_at=fact.deleted_at).update(deleted_at=None)
    ProfileFact.objects.filter(pk=fact.pk).update(deleted_at=None)
    touch_profile(fact.profile)
