"""The kill switch of the whole platform in the operations console."""

from django.contrib import admin

from accounts import switches
from accounts.console.actions import ActionRefusedError, Deed, StaffAction, TypedWordForm
from accounts.console.columns import Column, sentence
from accounts.console.listing import OperationsAdmin
from accounts.models import PlatformSwitch


class StopForm(TypedWordForm):
    """The word that stops all mail."""

    word = "STOP"


class StartForm(TypedWordForm):
    """The word that lets all mail go again."""

    word = "START"


def _stop(deed: Deed, row: None) -> None:
    if not switches.turn_off(
        switches.SENDING, by=deed.actor, reason=deed.reason, now=deed.now, actor_ip=deed.actor_ip
    ):
        raise ActionRefusedError("All sending is stopped already; the first reason stays.")


def _start(deed: Deed, row: None) -> None:
    if not switches.turn_on(
        switches.SENDING, by=deed.actor, reason=deed.reason, now=deed.now, actor_ip=deed.actor_ip
    ):
        raise ActionRefusedError("Sending is on already.")


def _who(switch: PlatformSwitch) -> str:
    return str(switch.changed_by) if switch.changed_by else "RoleFerry"


@admin.register(PlatformSwitch)
class PlatformSwitchAdmin(OperationsAdmin):
    """What is stopped for everybody, since when, by whom and why. A missing row means it runs."""

    group, place = "Platform", 41
    list_display = (
        "key",
        Column("state", "state", lambda row: "off" if row.is_off else "on"),
        "changed_at",
        Column("who", "by", _who),
        sentence("reason"),
    )
    list_select_related = ("changed_by",)
    sentences = ("reason",)
    staff_actions = (
        StaffAction(
            name="stop-sending",
            label="Stop all sending",
            verb="switch.turn_off",
            effect="No mail of any workspace leaves from the next moment on. What is being handed over at this moment still ends. Everything waits until sending is started again.",
            run=_stop,
            form=StopForm,
            takes_rows=False,
            is_danger=True,
        ),
        StaffAction(
            name="start-sending",
            label="Start all sending",
            verb="switch.turn_on",
            effect="Mail leaves again, as fast as mailboxes and windows allow. What is more than 24 hours late is held for people.",
            run=_start,
            form=StartForm,
            takes_rows=False,
            is_danger=True,
        ),
    )
