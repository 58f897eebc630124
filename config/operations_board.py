"""The board: what is going on right now, what needs a person, what operators did last, and what runs here."""

from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.console.columns import who_did
from accounts.console.masking import mask_addresses_in
from accounts.models import AuditEntry
from config.operations_causes import causes
from config.operations_tiles import heartbeat_tile, sending_tiles
from outreach.models import Message

LAST_ACTIONS = 20


def board(request: HttpRequest) -> dict[str, Any]:
    """Return the board's context, holding only what this operator may see."""
    now = timezone.now()

    def may_see(model: type[models.Model]) -> bool:
        permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
        return bool(request.user.has_perm(permission))

    stuck, tiles = sending_tiles(now) if may_see(Message) else (0, [])
    if tiles:
        tiles.append(heartbeat_tile())
    return {
        "now": now,
        "tiles": tiles,
        "causes": causes(now, may_see, stuck=stuck),
        "entries": _last_actions() if may_see(AuditEntry) else [],
        "deployed": _deployed() if tiles else None,
    }


def _last_actions() -> list[dict[str, Any]]:
    rows = AuditEntry.objects.select_related("actor").order_by("-at")[:LAST_ACTIONS]
    return [
        {
            "at": entry.at,
            "who": who_did(entry),
            "verb": entry.verb,
            "target": entry.target_type.rpartition(".")[2],
            "reason": mask_addresses_in(entry.reason),
            "url": reverse("admin:accounts_auditentry_change", args=[entry.pk]),
        }
        for entry in rows
    ]


def _deployed() -> dict[str, Any]:
    """Return the version, and which migrations of this code the database has not seen."""
    applied = MigrationRecorder(connection).migration_qs.values_list("app", "name", "applied")
    known = {(app, name): at for app, name, at in applied}
    missing = sorted(_migrations_here() - known.keys())
    return {
        "version": settings.VERSION,
        "missing": [f"{app}.{name}" for app, name in missing],
        "last": max(known.items(), key=lambda item: item[1], default=None),
    }


@cache
def _migrations_here() -> frozenset[tuple[str, str]]:
    """Return every migration that came with this process."""
    return frozenset(MigrationLoader(None).disk_migrations)
