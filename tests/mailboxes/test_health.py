"""The health of a mailbox by the formula of architecture section 7 (MBX-5)."""

from datetime import UTC, datetime, timedelta

import pytest

from mailboxes.health import Figures, assess, bounce_points, failed_records, figures_since
from mailboxes.models import DomainCheck, MailboxDay, SendingDomain
from tests.factories.outreach import MailboxFactory

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
OLD = timedelta(days=14)


def score(sent=0, bounced=0, complained=0, *, failed=(), age=OLD):
    return assess(Figures(sent, bounced, complained), failed=list(failed), age=age).score


@pytest.mark.parametrize(
    ("sent", "bounced", "points"),
    [
        (0, 0, 0),
        (350, 7, 0),  # exactly 2 %
        (350, 0, 0),
        (5, 1, 10),  # (1 + 1) / 55 = 3.64 %: 1.64 points above, times 6
        (50, 1, 0),
        (50, 2, 6),  # 3 %: one point above
        (50, 5, 24),  # 6 %
        (350, 20, 20),  # (20 + 1) / 400 = 5.25 %: 19.5
        (350, 35, 40),  # 9 %: 42, of which at most 40
        (0, 5, 40),  # refused to our face: (5 + 1) / 55 = 10.9 %
    ],
)
def test_bounces_cost_six_points_for_each_percent_above_two_smoothed(sent, bounced, points):
    assert bounce_points(Figures(sent, bounced)) == points
    assert score(sent, bounced) == 100 - points


@pytest.mark.parametrize(
    ("complained", "expected"), [(0, 100), (1, 80), (2, 60), (3, 40), (4, 40), (50, 40)]
)
def test_a_complaint_costs_twenty_and_all_together_sixty(complained, expected):
    assert score(350, 0, complained) == expected


def test_records_youth_and_everything_at_once():
    assert score(failed=["spf"]) == 85
    assert score(failed=["spf", "dkim", "dmarc"]) == 55
    assert score(age=timedelta(days=13, hours=23)) == 95
    assert score(age=timedelta(days=14)) == 100
    assert score(100, 50, 9, failed=["spf", "dkim"], age=timedelta(0)) == 0


def test_every_point_has_its_sentence_and_the_dearest_comes_first():
    found = assess(Figures(50, 2, 1), failed=["dmarc"], age=timedelta(0))
    assert found.score == 54
    assert found.reasons == [
        {
            "key": "complaints",
            "points": 20,
            "sentence": "One recipient reported a mail of the last seven days as spam.",
        },
        {
            "key": "dmarc",
            "points": 15,
            "sentence": "The DMARC record of the mailbox's domain is wrong or missing.",
        },
        {
            "key": "bounces",
            "points": 6,
            "sentence": "2 of 50 mails of seven days bounced; up to 2% is normal.",
        },
        {
            "key": "young",
            "points": 5,
            "sentence": "The mailbox was connected less than 14 days ago.",
        },
    ]
    assert assess(Figures(), failed=[], age=OLD).reasons == []


def check(domain, kind, verdict, *, days_ago=0):
    return DomainCheck.objects.create(
        workspace=domain.workspace,
        sending_domain=domain,
        kind=kind,
        verdict=verdict,
        name="quay.com",
        sentence="Found.",
        checked_at=NOW - timedelta(days=days_ago),
    )


@pytest.mark.django_db
def test_only_what_dns_answered_wrongly_is_failed():
    box = MailboxFactory(provider="smtp", is_sandbox=False, address="olga@Quay.com")
    domain = SendingDomain.objects.create(workspace=box.workspace, domain="quay.com")
    assert failed_records(box) == []
    check(domain, "spf", "failed", days_ago=2)
    check(domain, "spf", "ok", days_ago=1)
    check(domain, "dkim", "missing")
    check(domain, "dmarc", "warning")
    check(domain, "mx", "failed")
    assert failed_records(box) == ["dkim"]
    check(domain, "dmarc", "unknown")
    check(domain, "spf", "failed")
    assert failed_records(box) == ["spf", "dkim"]
    at_gmail = MailboxFactory(
        workspace=box.workspace, provider="smtp", is_sandbox=False, address="olga@gmail.com"
    )
    assert failed_records(at_gmail) == []


@pytest.mark.django_db
def test_seven_utc_days_count_and_no_other_mailbox():
    box, other = MailboxFactory(), MailboxFactory()
    for owner, days_ago, sent in ((box, 0, 1), (box, 6, 2), (box, 7, 100), (other, 0, 50)):
        MailboxDay.objects.create(
            workspace=owner.workspace,
            mailbox=owner,
            day=NOW.date() - timedelta(days=days_ago),
            cap=100,
            reserved=sent,
            sent=sent,
            bounced=1,
        )
    assert figures_since(box, NOW.date() - timedelta(days=6)) == Figures(3, 2, 0)
