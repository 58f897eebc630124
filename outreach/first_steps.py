"""The four things a newcomer does once, each with its state in a word."""

from dataclasses import dataclass

from django.urls import reverse

from outreach.standing import Standing

NOT_STARTED, IN_PROGRESS, DONE = "Not started", "In progress", "Done"


@dataclass(frozen=True)
class FirstStep:
    """One task. `state` is NOT_STARTED, IN_PROGRESS or DONE."""

    title: str
    text: str
    url: str
    state: str

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do here."""
        return self.state == DONE


def first_steps_of(standing: Standing) -> list[FirstStep]:
    """Return the four tasks, or nothing once all of them are done."""
    steps = [
        FirstStep(
            "Resume",
            "Upload or paste it; every fact is shown beside the line it comes from.",
            reverse("jobs:resume-list"),
            _state(done=standing.has_read_resume, begun=standing.has_resume),
        ),
        FirstStep(
            "Preferences",
            "Look over what your resume suggests and say what you want to earn at least.",
            reverse("accounts:preferences-edit"),
            _state(done=standing.has_own_wishes, begun=standing.has_found_wishes),
        ),
        FirstStep(
            "Mailbox",
            "Connect yours, or practise on the built-in server. You can approve without one.",
            reverse("mailboxes:mailbox-connect"),
            _state(done=standing.has_mailbox, begun=False),
        ),
        FirstStep(
            "First role",
            "Choose an opening, ferry it, look at its package and approve it.",
            reverse("jobs:job-list"),
            _state(done=standing.has_approval, begun=standing.has_application),
        ),
    ]
    return [] if all(step.is_done for step in steps) else steps


def _state(*, done: bool, begun: bool) -> str:
    return DONE if done else IN_PROGRESS if begun else NOT_STARTED
