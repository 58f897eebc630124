"""How the planner shares out the hour of a recipient domain; no database."""

from datetime import UTC, datetime

import pytest

from mailboxes import throttle
from outreach.claiming import open_window, plan_claims
from tests.outreach.test_ledger import MONDAY, due, room


@pytest.mark.parametrize(
    ("domain", "cap"),
    [
        ("gmail.com", 200),
        ("yahoo.com", 200),
        ("outlook.com", 200),
        ("northwind.com", 20),
        ("northwind.test", 1_000_000),
        ("mail.example.org", 1_000_000),
    ],
)
def test_what_a_domain_gets_in_an_hour(domain, cap):
    assert throttle.cap_for_domain(domain) == cap


def test_no_more_is_planned_than_the_hour_has_and_the_rest_is_spread_over_later_hours():
    mails = [due(n, company_id=n, domain="northwind.com") for n in range(1, 31)]
    rooms = [room(n) for n in range(1, 40)]
    windows = {"northwind.com": open_window("northwind.com", used=17)}
    plan = plan_claims(mails, rooms, {}, MONDAY, windows)
    assert list(plan.claims) == [1, 2, 3]
    times = [plan.delays[n][0] for n in range(4, 31)]
    assert [at.hour for at in times] == [11] * 20 + [12] * 7
    assert len({at.replace(hour=0) for at in times}) == len(times)
    assert all(
        reason.startswith("northwind.com gets at most 20") for _, reason in plan.delays.values()
    )
    again = plan_claims(
        mails,
        [room(n) for n in range(1, 40)],
        {},
        MONDAY,
        {"northwind.com": open_window("northwind.com", used=17)},
    )
    assert again == plan


def test_the_next_hour_lies_inside_the_recipients_working_hours():
    evening = datetime(2026, 11, 23, 16, 15, tzinfo=UTC)
    plan = plan_claims(
        [due(1, domain="a.com")], [room()], {}, evening, {"a.com": open_window("a.com", used=20)}
    )
    assert plan.delays[1][0] == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
