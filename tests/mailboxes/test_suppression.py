"""Closed doors: who is covered, for how long, and who may open them (architecture section 7; acceptance WHK-9)."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.auditing import ReasonMissingError
from accounts.models import AuditEntry
from mailboxes import suppression
from mailboxes.addresses import AddressError
from mailboxes.models import Suppression
from mailboxes.signals import suppressed
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def close(workspace, **fields):
    given = {"reason": "manual", "scope": "workspace", "workspace": workspace, "now": NOW, **fields}
    return suppression.suppress(**given)


def test_an_address_is_closed_in_every_spelling_for_its_own_workspace_only(workspace, stranger):
    close(workspace, email="Maria.Marin+jobs@gmail.com")
    assert suppression.live_suppression(workspace, "mariamarin@googlemail.com", NOW)
    assert suppression.live_suppression(workspace, "maria@gmail.com", NOW) is None
    assert suppression.live_suppression(stranger.workspace, "mariamarin@gmail.com", NOW) is None


def test_a_platform_row_closes_for_everyone(workspace, stranger):
    row = close(None, email="maria@northwind.test", scope="platform", reason="complaint")
    assert row.workspace is None
    assert suppression.live_suppression(workspace, "maria@northwind.test", NOW) == row
    assert suppression.live_suppression(stranger.workspace, "maria@northwind.test", NOW) == row


def test_a_domain_closes_its_subdomains_but_meta_is_not_metaverse(workspace):
    row = close(workspace, domain="Meta.test")
    assert suppression.live_suppression(workspace, "a@meta.test", NOW) == row
    assert suppression.live_suppression(workspace, "a@mail.meta.test", NOW) == row
    assert suppression.live_suppression(workspace, "a@metaverse.test", NOW) is None
    assert suppression.live_suppression(workspace, "a@notmeta.test", NOW) is None


def test_suppressing_twice_keeps_one_row_and_the_longer_time(workspace):
    month = NOW + timedelta(days=30)
    first = close(workspace, email="m@northwind.test", reason="soft_bounce", expires_at=month)
    second = close(
        workspace,
        email="m@northwind.test",
        reason="soft_bounce",
        expires_at=NOW + timedelta(days=1),
    )
    assert second.pk == first.pk
    assert second.expires_at == month
    forever = close(workspace, email="m@northwind.test", reason="soft_bounce")
    assert forever.pk == first.pk
    forever.refresh_from_db()
    assert forever.expires_at is None
    assert Suppression.objects.count() == 1


def test_an_expired_row_opens_by_itself_and_another_reason_stays(workspace):
    close(workspace, email="m@northwind.test", expires_at=NOW + timedelta(days=30))
    assert suppression.live_suppression(workspace, "m@northwind.test", NOW + timedelta(days=29))
    later = NOW + timedelta(days=30, seconds=1)
    assert suppression.live_suppression(workspace, "m@northwind.test", later) is None
    close(workspace, email="m@northwind.test", reason="hard_bounce")
    assert suppression.live_suppression(workspace, "m@northwind.test", later)


def test_a_broken_address_or_domain_is_refused_in_words(workspace):
    with pytest.raises(AddressError, match="is not an e-mail address"):
        close(workspace, email="nobody")
    with pytest.raises(AddressError, match="is not a domain"):
        close(workspace, domain="two words")
    with pytest.raises(ValueError, match="either an address or a domain"):
        close(workspace)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("by_staff", [True, False])
@pytest.mark.parametrize("reason", ["unsubscribed", "asked"])
def test_what_the_person_asked_for_is_never_released(workspace, owner, reason, by_staff):
    row = close(workspace, email="m@northwind.test", reason=reason)
    with pytest.raises(suppression.ReleaseRefusedError, match="asked not to be written to"):
        suppression.release(row, actor=owner.user, reason="they called", now=NOW, by_staff=by_staff)
    assert suppression.live_suppression(workspace, "m@northwind.test", NOW) == row
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("scope", "reason", "sentence"),
    [("workspace", "hard_bounce", "only support"), ("platform", "manual", "protects everyone")],
)
def test_members_may_not_open_what_needs_support(workspace, owner, scope, reason, sentence):
    row = close(workspace, email="m@northwind.test", reason=reason, scope=scope)
    with pytest.raises(suppression.ReleaseRefusedError, match=sentence):
        suppression.release(row, actor=owner.user, reason="good", now=NOW)
    if reason == "hard_bounce":
        suppression.ask_release(
            row, actor=UserFactory(), reason="good", evidence="It answers.", now=NOW
        )
    assert suppression.release(row, actor=owner.user, reason="typo fixed", now=NOW, by_staff=True)


@pytest.mark.parametrize("reason", ["hard_bounce", "complaint"])
def test_a_machines_verdict_is_released_by_two_people(workspace, owner, reason):
    row = close(workspace, email="m@northwind.test", reason=reason)
    other = UserFactory()
    ask = partial(suppression.ask_release, row, reason="Wrong.", now=NOW)
    release = partial(suppression.release, row, reason="Agreed.", now=NOW, by_staff=True)

    with pytest.raises(suppression.ReleaseRefusedError, match="takes two people"):
        release(actor=owner.user)
    with pytest.raises(ReasonMissingError, match="shows that the address is good"):
        ask(actor=owner.user, evidence=" ")
    assert ask(actor=owner.user, evidence="The postmaster says so.") is True
    assert ask(actor=other, evidence="Me too.") is False
    with pytest.raises(suppression.ReleaseRefusedError, match="You asked for this release"):
        release(actor=owner.user)
    assert suppression.live_suppression(workspace, "m@northwind.test", NOW) == row
    assert release(actor=other) is True
    assert (row.release_asked_by, row.released_by) == (owner.user, other)
    assert row.release_evidence == "The postmaster says so."
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", "actor")
    assert list(verbs) == [
        ("suppression.ask_release", owner.user.pk),
        ("suppression.release", other.pk),
    ]


def test_only_verdicts_of_machines_are_asked_for(workspace, owner):
    rows = [
        close(workspace, email="m@northwind.test", reason=reason)
        for reason in ("manual", "unsubscribed", "asked")
    ]
    for row in rows:
        with pytest.raises(suppression.ReleaseRefusedError):
            suppression.ask_release(row, actor=owner.user, reason="r", evidence="e", now=NOW)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        ("unsubscribed", {}),
        ("hard_bounce", {}),
        ("complaint", {"release_evidence": "e", "release_asked_at": NOW}),
    ],
)
def test_the_database_refuses_a_release_by_one_person(workspace, owner, reason, fields):
    row = close(workspace, email="m@northwind.test", reason=reason)
    people = {"release_asked_by": owner.user, "released_by": owner.user} if fields else {}

    with pytest.raises(IntegrityError), transaction.atomic():
        Suppression.objects.filter(pk=row.pk).update(
            released_at=NOW, released_reason="r", **fields, **people
        )

    row.refresh_from_db()
    assert row.released_at is None


def test_a_release_needs_a_reason_is_audited_and_happens_once(workspace, owner):
    row = close(workspace, email="m@northwind.test")
    with pytest.raises(ReasonMissingError):
        suppression.release(row, actor=owner.user, reason="  ", now=NOW)
    assert suppression.release(row, actor=owner.user, reason="my own typo", now=NOW) is True
    assert suppression.release(row, actor=owner.user, reason="again", now=NOW) is False
    assert suppression.live_suppression(workspace, "m@northwind.test", NOW) is None
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.reason, entry.actor) == (
        "suppression.release",
        "my own typo",
        owner.user,
    )
    again = close(workspace, email="m@northwind.test")
    assert again.pk != row.pk
    assert Suppression.objects.count() == 2


def test_the_news_goes_out_only_after_the_commit(workspace, django_capture_on_commit_callbacks):
    heard = []

    def listen(sender, pk, **kwargs):
        heard.append((sender, pk))

    suppressed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            row = close(workspace, email="m@northwind.test")
            assert heard == []
    finally:
        suppressed.disconnect(listen)
    assert heard == [(Suppression, row.pk)]
