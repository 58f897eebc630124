"""The set phrases of a letter in each tone. They greet, ask and thank; they claim nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tone:
    """The phrases of one tone; `{role}`, `{company}` and `{person}` are filled in."""

    greeting: str
    greeting_unknown: str
    opening: tuple[str, ...]
    bridge: str
    task: str
    closing: tuple[str, ...]
    farewell: str


PROFESSIONAL = Tone(
    greeting="Dear {person},",
    greeting_unknown="Dear hiring team at {company},",
    opening=(
        "I am applying for the {role} position at {company}.",
        "Below I set what you ask for beside what I have done, so that you can judge the fit quickly.",
    ),
    bridge="Beyond the requirements, these parts of my work may matter to you.",
    task="Among the tasks you describe is “{line}”, and that is work I would like to do.",
    closing=(
        "I would welcome the chance to talk about the role and to answer your questions.",
        "My resume is attached, and I can go into more detail on any point that matters to you.",
        "Thank you for your time and consideration.",
    ),
    farewell="Kind regards,",
)
ENTHUSIASTIC = Tone(
    greeting="Dear {person},",
    greeting_unknown="Dear team at {company},",
    opening=(
        "The {role} opening at {company} caught my attention at once, and I am keen to apply.",
        "Here is what you ask for, side by side with what I can show.",
    ),
    bridge="There is more that I would love to bring along.",
    task="The line that appeals to me most is “{line}”: I would be delighted to work on exactly that.",
    closing=(
        "I would be thrilled to talk with you about the role.",
        "My resume is attached, and I am happy to go into detail on any point, or to show you how I work.",
        "Thank you very much for reading this far!",
    ),
    farewell="With best wishes,",
)
FORMAL = Tone(
    greeting="Dear {person},",
    greeting_unknown="Dear Sir or Madam,",
    opening=(
        "I wish to apply for the position of {role} at {company}.",
        "In what follows I compare the requirements in your posting with my own background.",
    ),
    bridge="I would further draw your attention to the following points.",
    task="Your posting describes the task “{line}”, which I should be pleased to take on.",
    closing=(
        "I should be grateful for the opportunity to discuss the position in person.",
        "My resume is enclosed, and I remain at your disposal for any further information.",
        "Thank you for considering my application.",
    ),
    farewell="Yours sincerely,",
)
CASUAL = Tone(
    greeting="Hi {person},",
    greeting_unknown="Hi {company} team,",
    opening=(
        "I saw your {role} opening and would like to throw my hat in the ring.",
        "Here is the quick version: what you ask for, and what I have done that comes close.",
    ),
    bridge="A few more things that might be useful to you:",
    task="You also mention “{line}”, and that sounds like my kind of work.",
    closing=(
        "If that sounds about right, I would be happy to chat whenever it suits you.",
        "My resume is attached, and you can ask me about any of this.",
        "Thanks for reading!",
    ),
    farewell="Best,",
)

TONES = {
    "professional": PROFESSIONAL,
    "enthusiastic": ENTHUSIASTIC,
    "formal": FORMAL,
    "casual": CASUAL,
}
