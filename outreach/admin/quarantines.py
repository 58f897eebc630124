"""Closing a sending domain for the whole platform, with what it reaches shown first."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q

from accounts.console.actions import ActionRefusedError, Deed, ReasonForm, StaffAction, foresee
from accounts.console.columns import Column, sentence
from accounts.console.filters import RangeFilter
from accounts.console.listing import OperationsAdmin
from mailboxes.addresses import AddressError
from mailboxes.models import DomainQuarantine
from outreach.quarantine import blast_radius, quarantine, release

QUARANTINE_VERB, RELEASE_VERB = "domain.quarantine", "domain.release"


class DomainForm(ReasonForm):
    """Which domain, and why."""

    domain = forms.CharField(
        label="Sending domain",
        max_length=253,
        help_text="As in company.com. Domains below it are not closed with it.",
    )
    field_order = ("domain", "reason")

    def clean_domain(self) -> str:
        """Refuse what is no domain."""
        domain = str(self.cleaned_data["domain"]).strip().lower()
        try:
            blast_radius(domain)
        except AddressError as error:
            raise forms.ValidationError(str(error)) from error
        return domain


def _quarantine(deed: Deed, row: None) -> None:
    if not quarantine(
        deed.data["domain"],
        by=deed.actor,
        reason=deed.reason,
        now=deed.now,
        actor_ip=deed.actor_ip,
    ):
        raise ActionRefusedError("This domain is in quarantine already; the first reason stays.")


def _release(deed: Deed, row: DomainQuarantine) -> None:
    if row.released_at is not None or not release(
        row.domain, by=deed.actor, reason=deed.reason, now=deed.now, actor_ip=deed.actor_ip
    ):
        raise ActionRefusedError("It was released before.")


class StandingFilter(RangeFilter):
    """Whether the domain is closed now."""

    title = "standing"
    parameter_name = "standing"
    ranges: ClassVar = {"closed": "Closed", "released": "Released"}

    def condition(self, value: str) -> Q:
        """Return the condition of a name."""
        return Q(released_at__isnull=value == "closed")


def _who(row: DomainQuarantine) -> str:
    return str(row.begun_by) if row.begun_by else "RoleFerry"


@admin.register(DomainQuarantine)
class DomainQuarantineAdmin(OperationsAdmin):
    """Domains from which nothing leaves, whosever mailboxes they are."""

    group, place = "Sending", 7
    list_display = (
        "domain",
        sentence("reason"),
        "begun_at",
        Column("who", "by", _who),
        "released_at",
        sentence("released_reason", "released because"),
    )
    list_filter = (StandingFilter,)
    list_select_related = ("begun_by",)
    search_help_text = "Exact: number or domain."
    sentences = ("reason", "released_reason")
    staff_actions = (
        StaffAction(
            name="quarantine",
            label="Quarantine a domain",
            verb=QUARANTINE_VERB,
            effect="No mailbox of the domain sends any more, in whatever workspace; what is scheduled waits.",
            run=_quarantine,
            form=DomainForm,
            takes_rows=False,
            is_danger=True,
        ),
        StaffAction(
            name="release",
            label="Release",
            verb=RELEASE_VERB,
            effect="The domain's mailboxes may send again, as far as their own health allows.",
            run=_release,
            applies=lambda row: row.released_at is None,
        ),
    )

    def detail_of(self, row: DomainQuarantine) -> str:
        """Name the domain."""
        return str(row.domain)

    def search_for(self, term: str) -> Q:
        """Find quarantines also by their domain."""
        return super().search_for(term) | Q(domain__iexact=term)


def _reach(rows: Sequence[Any], data: dict[str, Any]) -> str:
    """Say what the domain reaches before it is closed, or what its release lets go."""
    domains = [row.domain for row in rows] or [data["domain"]]
    sentences = []
    for domain in domains:
        radius = blast_radius(domain)
        sentences.append(
            f"{domain}: {_count(radius.mailboxes, 'mailbox', 'mailboxes')} in "
            f"{_count(radius.workspaces, 'workspace', 'workspaces')}, {radius.queued} queued."
        )
    return " ".join(sentences)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


foresee(QUARANTINE_VERB, _reach)
foresee(RELEASE_VERB, _reach)
