"""The two roles of operations staff, kept up to date after every migrate: support looks, operations acts."""

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models

from accounts.models import User

OPERATIONS = "operations"
SUPPORT = "support"
ROLES = (OPERATIONS, SUPPORT)

REVEAL = ("reveal_personal_data", "Can see personal data behind its mask")


def ensure_staff_roles(
    shown: list[type[models.Model]], doings: list[tuple[type[models.Model], str, str]]
) -> None:
    """Make the permissions of the console's actions and give the two groups theirs; only what is missing is written.

    `shown`: models with a page, which both roles may view. `doings`: (model, code name, words) of each action, for the
    operations role alone.
    """
    wanted: list[tuple[type[models.Model], str, str]] = [*doings, (User, *REVEAL)]
    actors: list[type[models.Model]] = [model for model, _, _ in wanted]
    types = ContentType.objects.get_for_models(*shown, *actors)
    Permission.objects.bulk_create(
        [
            Permission(content_type=types[model], codename=codename, name=words)
            for model, codename, words in wanted
        ],
        ignore_conflicts=True,
    )
    rows = Permission.objects.filter(content_type__in=types.values())
    known = {(row.content_type_id, row.codename): row for row in rows}
    views = [known.get((types[model].pk, f"view_{model._meta.model_name}")) for model in shown]
    acts = [known[types[model].pk, codename] for model, codename, _ in wanted]
    may_view = [row for row in views if row is not None]
    Group.objects.get_or_create(name=SUPPORT)[0].permissions.set(may_view)
    Group.objects.get_or_create(name=OPERATIONS)[0].permissions.set([*may_view, *acts])
