"""What each plan allows, and how a day's mails are shared out among mailboxes."""

import pytest

from accounts.models import Workspace
from accounts.plans import LIMITS, PlanLimits, limits_of, share_out
from mailboxes.models.mailbox import DAILY_CAP_CEILING


def test_the_limits_of_each_plan():
    assert dict(LIMITS) == {
        "free": PlanLimits(mailboxes=2, mailbox_cap=50, mails_a_day=50),
        "pro": PlanLimits(mailboxes=5, mailbox_cap=50, mails_a_day=200),
        "teams": PlanLimits(mailboxes=20, mailbox_cap=100, mails_a_day=900),
    }
    assert set(LIMITS) == set(Workspace.Plan.values)
    assert max(limits.mailbox_cap for limits in LIMITS.values()) == DAILY_CAP_CEILING
    assert limits_of("gold") == LIMITS["free"]


@pytest.mark.parametrize(
    ("mails", "wishes", "used", "expected"),
    [
        (50, {}, {}, {}),
        (50, {1: 50}, {}, {1: 50}),
        (50, {1: 20, 2: 20}, {}, {1: 20, 2: 20}),
        (50, {1: 50, 2: 50}, {}, {1: 25, 2: 25}),
        (50, {1: 50, 2: 50, 3: 50}, {}, {1: 16, 2: 17, 3: 17}),
        (50, {1: 50, 2: 5}, {}, {1: 45, 2: 5}),
        (50, {1: 50, 2: 50}, {1: 40}, {1: 40, 2: 10}),
        (50, {1: 50, 2: 50}, {1: 50, 2: 30}, {1: 50, 2: 30}),
        (50, {1: 50, 2: 50, 3: 50}, {1: 30, 2: 12}, {1: 30, 2: 12, 3: 8}),
        (0, {1: 50}, {}, {1: 0}),
        (-5, {1: 50}, {1: 3}, {1: 3}),
    ],
)
def test_shares(mails, wishes, used, expected):
    assert share_out(mails, wishes, used) == expected
