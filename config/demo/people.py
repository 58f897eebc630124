"""Who is written to in the sample workspace, and what they did. The practice server carries mail for .test alone."""

from dataclasses import dataclass, field

# The newly written part of each kind of answer; the practice server quotes the mail below it.
ANSWERS = {
    "interested": (
        "your note reached me, and your background looks like a good fit for what we plan next. "
        "Could you send me your resume? I will pass it on to the team this week."
    ),
    "meeting": (
        "thank you for writing. Let us talk: would you have thirty minutes for a call on Thursday at 14:00, "
        "or on Friday before noon?"
    ),
    "question": "before I pass this on: do you look for full-time only, or would four days a week suit you too?",
    "not_now": (
        "your profile is a strong one. We have a hiring freeze until the end of the quarter, so not right now. "
        "Please write again after that."
    ),
    "rejected": (
        "thank you for your interest. Unfortunately the position has been filled in the meantime. "
        "We wish you all the best."
    ),
    "unsubscribe": "please do not contact me about job applications. Our careers page is the way in.",
    "away": (
        "Thank you for your message. I am out of the office until {back} and will answer when I am back."
    ),
    "automatic": (
        "Thank you for your message. It was received and has ticket number 48213. "
        "This answer was sent by our help desk; nobody has read your mail yet."
    ),
}
# Written by a program (RFC 3834 section 5).
BY_PROGRAM = frozenset({"away", "automatic"})


@dataclass(frozen=True)
class Person:
    """Somebody to write to. `answer` comes some `hours` after mail number `after`; "bounce" is no answer but a bounce."""

    name: str
    title: str
    local_part: str
    answer: str = ""
    after: int = 1
    hours: float = 5.0


@dataclass(frozen=True)
class Story:
    """One application: its opening, how many working days ago it was approved, who was written to, where it stands.

    `ends_as` is what Anna moved it to herself, in order; empty where mail alone decided.
    """

    title: str
    company: str
    domain: str
    days_ago: int = 0
    people: tuple[Person, ...] = ()
    ends_as: tuple[str, ...] = ()
    notes: str = ""
    next_action: str = ""
    extra_people: tuple[Person, ...] = field(default=())


SENT = (
    Story(
        "Senior Python Engineer, Booking", "Alsterkontor", "alsterkontor.test", 9,
        (
            Person("Birte Hansen", "Head of Engineering", "birte.hansen", "away", 1, 0.2),
            Person("Malte Voss", "Engineering Manager", "malte.voss", "automatic", 1, 0.1),
            Person("Ilse Brandt", "Talent Partner", "ilse.brandt"),
        ),
        next_action="Ask Ilse on the phone",
    ),
    Story(
        "Senior Backend Engineer, Forecasts", "Priel Analytics", "priel-analytics.test", 8,
        (
            Person("Frauke Lüders", "Head of Data", "frauke.lueders", "away", 2, 0.2),
            Person("Ole Thomsen", "Engineering Manager", "ole.thomsen"),
            Person("Jan Petersen", "Recruiter", "jan.petersen", "bounce"),
        ),
    ),
    Story(
        "Senior Software Engineer, Backend", "Lotsenhaus", "lotsenhaus.test", 10,
        (
            Person("Henrike Albers", "CTO", "henrike.albers", "question", 2),
            Person("Tim Ahrens", "Engineering Manager", "tim.ahrens"),
        ),
        next_action="Answer Henrike's question",
    ),
    Story(
        "Backend Engineer (Python, Go)", "Windjammer Labs", "windjammer-labs.test", 12,
        (
            Person("Carsten Meier", "Founder", "carsten.meier", "not_now", 3, 26),
            Person("Svea Lindqvist", "Head of People", "svea.lindqvist", "unsubscribe", 3, 1),
        ),
        notes="Write again when the freeze is over.",
    ),
    Story(
        "Backend Engineer, Payments", "Leuchtfeuer Bank", "leuchtfeuer-bank.test", 14,
        (
            Person("Nadja Krüger", "VP Engineering", "nadja.krueger", "meeting", 2, 20),
            Person("Piet Jansen", "Talent Acquisition", "piet.jansen", "interested", 2, 3),
        ),
        ("interviewing",),
        next_action="Prepare for the technical interview",
    ),
    Story(
        "Senior Full Stack Engineer", "Heidekraut Media", "heidekraut-media.test", 24,
        (
            Person("Ruth Wiechmann", "Head of Product Engineering", "ruth.wiechmann", "meeting", 2, 30),
            Person("Jonas Timm", "Recruiting Manager", "jonas.timm", "interested", 2, 50),
        ),
        ("interviewing", "offer"),
        notes="Offer: 82,000 EUR, 30 days of leave, start in the first quarter.",
        next_action="Answer the offer",
    ),
    Story(
        "Tech Lead, Backend", "Moorland Health", "moorland-health.test", 18,
        (
            Person("Edda Kruse", "Director of Engineering", "edda.kruse", "rejected", 3, 48),
            Person("Kai Rahn", "Team Lead", "kai.rahn"),
        ),
        ("rejected",),
    ),
    Story(
        "Senior Backend Engineer (Node.js)", "Tidewater Games", "tidewater-games.test", 30,
        (
            Person("Momo Fischer", "Studio Director", "momo.fischer"),
            Person("Lars Bohn", "Lead Engineer", "lars.bohn"),
            Person("Tessa Groth", "HR Manager", "tessa.groth"),
        ),
        ("ghosted",),
    ),
)  # fmt: skip

# Three packages that wait. The first words in these addresses tell the practice server what to do (config.embedded.sandbox_peers).
READY_GREEN = Story(
    "Senior Backend Engineer (Python)", "Sturmfeld Energie", "sturmfeld.test",
    people=(
        Person("Lena Sommer", "Head of Engineering", "lena.reply"),
        Person("Tobias Wendt", "Engineering Manager", "tobias.ooo"),
        Person("Mara Feddersen", "Talent Partner", "mara.feddersen"),
    ),
)  # fmt: skip
READY_UNRESOLVED = Story(
    "Senior Backend Developer (Django)", "Nordlicht Logistik", "nordlicht-logistik.test",
    people=(
        Person("Kerstin Albrecht", "Head of Software", "kerstin.meeting"),
        Person("Uwe Harms", "Engineering Manager", "uwe.harms"),
    ),
)  # fmt: skip
READY_REFUSED = Story(
    "Senior Backend Engineer, Platform", "Kranwerk", "kranwerk.test",
    people=(
        Person("Gesa Burmeister", "CTO", "gesa.interested"),
        Person("Nils Onken", "Engineering Manager", "nils.bounce"),
    ),
    extra_people=(
        Person("Wiebke Stahl", "HR Manager", "wiebke.stop"),
        Person("Rolf Dierks", "Director of Operations", "rolf.complain"),
    ),
)  # fmt: skip
READY = (READY_GREEN, READY_UNRESOLVED, READY_REFUSED)

PREPARING = Story("Backend Engineer, Search", "Alsterkontor", "alsterkontor.test")
SAVED = (
    Story("Platform Engineer", "Ostwind Mobility", "ostwind-mobility.test"),
    Story("Python Developer, Data Platform", "Speicherstadt Data", "speicherstadt-data.test"),
)

# A sentence that no fact supports, so that the refusal can be seen.
INVENTED = "At Hafenlicht I led a department of 120 engineers and won the European Software Prize."
UNRESOLVED = "Hi {{first_name|there}},\n\n{{shared_contact}} suggested that I write to you about the {{role}} role.\n\nKind regards,\n{{my_name}}"
DO_NOT_CONTACT = "headhunters.test"
