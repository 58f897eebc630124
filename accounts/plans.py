"""What each plan allows a workspace to send. No plan lifts a limit that protects recipients or a mailbox's name."""

from dataclasses import dataclass

from accounts.models import Workspace


@dataclass(frozen=True)
class PlanLimits:
    """`mailboxes`: real ones that may be connected; `mailbox_cap`: mails a day for each; `mails_a_day`: for all together.

    Practice mailboxes count for none of the three. Days are UTC days, as everywhere in the sender.
    """

    mailboxes: int
    mailbox_cap: int
    mails_a_day: int


LIMITS: dict[str, PlanLimits] = {
    # One person with one search: their own mailbox and a second address, together what one person writes by hand in a
    # day at the very most (architecture section 7: 50 a day from a mailbox does not look like a machine).
    Workspace.Plan.FREE: PlanLimits(mailboxes=2, mailbox_cap=50, mails_a_day=50),
    # One person who searches all day, with several addresses; still the default cap in each of them.
    Workspace.Plan.PRO: PlanLimits(mailboxes=5, mailbox_cap=50, mails_a_day=200),
    # Several people: the hard ceiling in each mailbox; together under a fifth of the 5,000 a day that Gmail and Outlook
    # call bulk (quality.md section 2, deliverability).
    Workspace.Plan.TEAMS: PlanLimits(mailboxes=20, mailbox_cap=100, mails_a_day=900),
}


def limits_of(plan: str) -> PlanLimits:
    """Return the limits of a plan; a word that is no plan gets those of the smallest."""
    return LIMITS.get(plan, LIMITS[Workspace.Plan.FREE])


def share_out(mails: int, wishes: dict[int, int], used: dict[int, int]) -> dict[int, int]:
    """Return how many of `mails` each mailbox may send today: what it wishes, or an even share where that is too much.

    `wishes`: mailbox id to its own cap; `used`: to what it has used already, which it keeps even above its share. The
    result depends on nothing else, so every sender comes to the same.
    """
    fixed: dict[int, int] = {}
    while True:
        shares = _even_shares(mails - sum(fixed.values()), wishes, fixed)
        over = {number: used[number] for number in shares if used.get(number, 0) > shares[number]}
        if not over:
            return shares | fixed
        fixed |= over


def _even_shares(mails: int, wishes: dict[int, int], fixed: dict[int, int]) -> dict[int, int]:
    """Fill the smallest wishes first, so that what one leaves is shared among the rest."""
    numbers = sorted(wishes.keys() - fixed.keys(), key=lambda number: (wishes[number], number))
    left, shares = max(mails, 0), {}
    for position, number in enumerate(numbers):
        shares[number] = min(wishes[number], left // (len(numbers) - position))
        left -= shares[number]
    return shares
