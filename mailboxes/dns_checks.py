"""What DNS says of a sending domain: asked, judged, kept as history, and the verdicts in force."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Workspace
from mailboxes import dkim, dns_lookup, dns_records
from mailboxes.dns_lookup import Ask
from mailboxes.dns_records import Judgment
from mailboxes.models import DomainCheck, Mailbox, SendingDomain
from mailboxes.own_domains import ensure_domain, mailboxes_of
from mailboxes.sending_services import SHARED_DOMAINS, own_domain_of, services_of

Kind = DomainCheck.Kind
Verdict = DomainCheck.Verdict

# Records change rarely and spoil slowly: a day is what most of them may be cached for anyway.
CHECK_EVERY = timedelta(hours=24)
# One turn enqueues this many, so that a thousand domains are asked over hours and not in one minute.
CHECKS_A_TURN = 100
# RFC 6761: nobody can publish a record there; the sample workspace shows such a domain.
RESERVED = r"\.(test|example|invalid|localhost)$"
STEPS = ("Asking for SPF", "Asking for DKIM", "Asking for DMARC", "Asking for MX")


def verdicts_in_force(workspace: Workspace, domain: str) -> dict[str, DomainCheck]:
    """Return the newest check of each kind ("spf", "dkim", "dmarc", "mx") of a domain; a kind never answered is left out.

    A check that could not be asked (UNKNOWN) replaces no answer: a slow resolver neither mends nor breaks a record.
    One query.
    """
    rows = DomainCheck.objects.for_workspace(workspace).filter(
        sending_domain__domain__iexact=domain
    )
    return _newest(rows.exclude(verdict=Verdict.UNKNOWN))


def latest_checks(sending_domain: SendingDomain) -> dict[str, DomainCheck]:
    """Return the newest check of each kind, also where DNS could not be asked. One query."""
    return _newest(sending_domain.checks.all())


def _newest(rows: "models.QuerySet[DomainCheck]") -> dict[str, DomainCheck]:
    newest = rows.order_by("kind", "-checked_at", "-pk").distinct("kind")
    return {check.kind: check for check in newest}


def check_domain(
    sending_domain: SendingDomain,
    *,
    now: datetime,
    ask: Ask = dns_lookup.ask,
    report: Callable[[int], None] = lambda step: None,
) -> list[DomainCheck]:
    """Ask DNS for all four kinds, store what it says, and return the checks; `report(step)` follows STEPS.

    Takes up to some seconds for each kind: not for a request. `dkim_active` follows what DNS shows of our key, and
    stays as it is while nobody can say.
    """
    domain, once = sending_domain.domain.lower(), cache(ask)
    services = services_of(mailboxes_of(sending_domain))
    judges: tuple[Callable[[], Judgment], ...] = (
        lambda: dns_records.judge_spf(domain, services, once),
        lambda: dns_records.judge_dkim(
            domain,
            selector=sending_domain.dkim_selector,
            public_key=sending_domain.dkim_public_key,
            services=services,
            ask=once,
        ),
        lambda: dns_records.judge_dmarc(domain, once),
        lambda: dns_records.judge_mx(domain, once),
    )
    judgments = []
    for step, judge in enumerate(judges):
        report(step)
        judgments.append(judge())
    return store(sending_domain, judgments, now=now)


@transaction.atomic
def store(
    sending_domain: SendingDomain, judgments: Iterable[Judgment], *, now: datetime
) -> list[DomainCheck]:
    """Keep judgments as checks: a new row where something changed, else the newest row is confirmed at `now`.

    So the history lists changes: `created_at` says since when it is so, `checked_at` when it was last seen.
    """
    SendingDomain.objects.select_for_update(no_key=True).get(pk=sending_domain.pk)
    newest = latest_checks(sending_domain)
    kept = [_keep(sending_domain, newest.get(made.kind), made, now) for made in judgments]
    for check in kept:
        if check.kind == Kind.DKIM and check.verdict != Verdict.UNKNOWN:
            _follow_key(sending_domain, check)
    SendingDomain.objects.filter(pk=sending_domain.pk).update(checked_at=now)
    sending_domain.refresh_from_db()
    return kept


def _keep(
    sending_domain: SendingDomain, last: DomainCheck | None, made: Judgment, now: datetime
) -> DomainCheck:
    fields = {
        "verdict": made.verdict,
        "name": made.name[:255],
        "found": list(made.found),
        "expected": made.expected,
        "sentence": made.sentence[:400],
    }
    if last is not None and all(getattr(last, name) == value for name, value in fields.items()):
        DomainCheck.objects.filter(pk=last.pk).update(checked_at=now)
        last.checked_at = now
        return last
    check: DomainCheck = DomainCheck.objects.create(
        workspace_id=sending_domain.workspace_id,
        sending_domain=sending_domain,
        kind=made.kind,
        checked_at=now,
        **fields,
    )
    return check


def _follow_key(sending_domain: SendingDomain, check: DomainCheck) -> None:
    """Sign from the moment that DNS shows our key, and stop when it shows another or none."""
    shows = check.verdict in {Verdict.OK, Verdict.WARNING}
    rows = SendingDomain.objects.filter(
        pk=sending_domain.pk, dkim_public_key=sending_domain.dkim_public_key
    )
    rows.exclude(dkim_public_key="").update(dkim_active=shows)


@transaction.atomic
def make_signing_key(sending_domain: SendingDomain, *, now: datetime) -> bool:
    """Give the domain a key of its own; False when it has one. Nothing is signed with it before DNS shows it."""
    row = SendingDomain.objects.select_for_update(no_key=True).get(pk=sending_domain.pk)
    if row.dkim_public_key:
        return False
    private, public = dkim.make_key()
    row.dkim_selector = f"roleferry{now:%Y%m%d}"
    row.dkim_private_key, row.dkim_public_key = private, public
    row.save(update_fields=["dkim_selector", "dkim_private_key", "dkim_public_key", "updated_at"])
    store(
        row,
        [
            Judgment(
                kind=Kind.DKIM,
                verdict=Verdict.MISSING,
                name=dkim.record_name(row.dkim_selector, row.domain),
                sentence="Your key is made but not in DNS yet, so your provider signs as before. Publish it.",
                expected=dkim.record_value(public),
            )
        ],
        now=now,
    )
    sending_domain.refresh_from_db()
    return True


@transaction.atomic
def drop_signing_key(sending_domain: SendingDomain) -> bool:
    """Forget the domain's own key, so that its mailboxes' providers sign alone; False when it has none."""
    row = SendingDomain.objects.select_for_update(no_key=True).get(pk=sending_domain.pk)
    if not row.dkim_public_key:
        return False
    row.dkim_active = False
    row.dkim_selector = row.dkim_private_key = row.dkim_public_key = ""
    row.save()
    row.checks.filter(kind=Kind.DKIM).delete()
    sending_domain.refresh_from_db()
    return True


def adopt_domains() -> int:
    """Give every mailbox on an own domain its row, and return how many were made. The sweep behind connecting."""
    known = {
        (workspace, domain)
        for workspace, domain in SendingDomain.objects.values_list("workspace_id", Lower("domain"))
    }
    made = 0
    shared = Q()
    for domain in SHARED_DOMAINS:
        shared |= Q(address__iendswith=f"@{domain}")
    rows = Mailbox.objects.filter(is_sandbox=False).exclude(shared).select_related("workspace")
    for mailbox in rows.iterator():
        domain = own_domain_of(mailbox)
        if domain and (mailbox.workspace_id, domain) not in known:
            ensure_domain(mailbox)
            known.add((mailbox.workspace_id, domain))
            made += 1
    return made


def due_domains(*, now: datetime) -> list[int]:
    """Return the ids of the domains that were not asked for a day, the longest first; an example's is never asked."""
    rows = (
        SendingDomain.objects.filter(
            Q(checked_at=None) | Q(checked_at__lte=now - CHECK_EVERY)
        ).exclude(domain__iregex=RESERVED)
    ).order_by(models.F("checked_at").asc(nulls_first=True), "pk")
    return list(rows.values_list("pk", flat=True)[:CHECKS_A_TURN])
