"""The sequences a new workspace starts with, as data: no tracking, no pressure, one question each.

They say nothing that we do not know to be true of the sender: not that somebody applied elsewhere, nor that they read
something twice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DefaultStep:
    """One e-mail, on `working_day` of the sequence: `delay_working_days` after the previous step."""

    position: int
    working_day: int
    delay_working_days: int
    subject: str
    body: str


@dataclass(frozen=True)
class DefaultSequence:
    """A named list of steps that is copied into a workspace, where the user may change every word."""

    name: str
    purpose: str
    steps: tuple[DefaultStep, ...]


_INTRODUCTION = """\
Hi {{first_name|there}},

I would like to be considered for the {{role}} opening at {{company}}, and I would rather write to a person than only fill in a form.

The short version of why I think it fits: {{my_metric|the work you describe is the work I want to do next}}.

If you are involved in this hire, may I send you two or three lines on how I would approach the first months? And if someone else is the better person to ask, a name would already help me.

The opening: {{job_url|listed on your careers page}}

Kind regards,
{{my_name}}
{{my_email}}"""

_FOLLOW_UP = """\
Hi {{first_name|there}},

A short follow-up on my note about the {{role}} role.

I would be glad to walk you through one piece of my work that comes close to it, whichever part matters most to you. Fifteen minutes on the phone would do, or I can write it down if that is easier.

Would either be useful?

Kind regards,
{{my_name}}
{{my_link|I can send you my resume directly.}}"""

_CLOSE = """\
Hi {{first_name|there}},

This is my last note about the {{role}} role, so that your inbox stays yours.

I am still interested. If the timing is wrong or the position is taken, a one-word answer is fine and I will not write again. If it is still open, you can reach me here or at {{my_phone|this address}}.

Either way, thank you for reading, and good luck with the search.

Kind regards,
{{my_name}}"""

JOB_SEEKER_DEFAULT = DefaultSequence(
    name="Job Seeker Default",
    purpose="Introduce yourself once, follow up once, then close politely.",
    steps=(
        DefaultStep(1, 0, 0, "{{role}} at {{company}}: a short introduction", _INTRODUCTION),
        DefaultStep(2, 3, 3, "Re: {{role}} at {{company}}: a short introduction", _FOLLOW_UP),
        DefaultStep(3, 5, 2, "Closing the loop on {{role}}", _CLOSE),
    ),
)
