"""Making the sample workspace and taking it away again."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection, transaction

from accounts.models import Notification, Preferences, Profile, Resume, User, Workspace
from accounts.profiles import touch_profile
from accounts.signup import create_workspace
from config.demo import people
from config.demo.history import Player, working_days_ago
from config.demo.mailboxes import make_warming_mailbox
from config.demo.people import Person, Story
from config.demo.postings import Posting, answer_of, load_postings
from jobs import documents, importing, matching
from jobs.applications import move_application, open_application
from jobs.models import Application, ApplicationEvent, Company, Document, Job, Source
from jobs.resumes import storing
from jobs.sources.base import BoardRef
from jobs.sources.registry import adapter_for
from mailboxes.connecting import connect_sandbox
from mailboxes.models import Suppression, WebhookEndpoint
from mailboxes.suppression import suppress
from outreach import advancing, interviews, moving, packages
from outreach.contacts import ContactData, keep_contact
from outreach.models import Attachment, Contact, Enrollment, Message, Package, Reply

SEED = 7
RESUME = Path(__file__).with_name("resume.txt")
NAME = "Anna Keller"
POSTAL_ADDRESS = "Anna Keller\nDeichstraße 12\n20459 Hamburg\nGermany"
ZONE = ZoneInfo("Europe/Berlin")
MINIMUM_PAY = 70_000
# How each board is called in the list; the second name is whose openings it lists when rows name none.
BOARDS = {
    "greenhouse": ("Greenhouse: Harbour network (sample)", "Harbour network"),
    "lever": ("Lever: Nordlicht Logistik (sample)", "Nordlicht Logistik"),
    "ashby": ("Ashby: Kranwerk (sample)", "Kranwerk"),
}


def ensure_user(email: str, password: str, *, name: str, is_operator: bool = False) -> User:
    """Return the account, creating it with a proven address; an existing one keeps its password."""
    user = User.objects.filter(email=email).first()
    if user is None:
        make = User.objects.create_superuser if is_operator else User.objects.create_user
        user = make(email, password, full_name=name)
    EmailAddress.objects.get_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user


def demo_workspace(user: User) -> Workspace | None:
    """Return the sample workspace that the person owns, if there is one."""
    return Workspace.objects.filter(
        is_demo=True, memberships__user=user, memberships__role="owner"
    ).first()


@transaction.atomic
def make_workspace(user: User, *, now: datetime) -> Workspace:
    """Make the whole sample workspace, all or nothing; every date counts from `now`."""
    workspace = create_workspace(
        user,
        name="Anna's search (sample)",
        is_demo=True,
        sender_name=NAME,
        postal_address=POSTAL_ADDRESS,
        time_zone=str(ZONE),
    )
    profile = Profile.objects.select_related("workspace", "user", "preferences").get(
        workspace=workspace, user=user
    )
    _read_resume(profile, now=now)
    _wish(profile)
    _import_openings(profile, now=now)
    mailbox = connect_sandbox(workspace, now=now)
    endpoint = WebhookEndpoint.objects.get(mailbox=mailbox)
    player = Player(mailbox=mailbox, endpoint=endpoint, user=user, now=now)
    for story in people.SENT:
        _tell_sent(player, profile, story)
    player.close_days()
    advancing.finish_enrollments()
    advancing.finish_packages()
    _tell_waiting(profile, user, now=now)
    _tell_early(profile, user, now=now)
    _close_doors(workspace, now=now)
    make_warming_mailbox(workspace, now=now)
    # From here on the whole circle can be watched; until now it had to take days.
    Workspace.objects.filter(pk=workspace.pk).update(pace=Workspace.Pace.PRACTICE)
    workspace.refresh_from_db()
    return workspace


def _read_resume(profile: Profile, *, now: datetime) -> None:
    resume = storing.keep_upload(profile, data=RESUME.read_bytes(), filename="Anna Keller.txt")
    resume.move_to(Resume.Status.READING)
    parsed, kind, pages = storing.read_stored(resume)
    storing.save_reading(resume, parsed, kind=kind, pages=pages, now=now)
    Profile.objects.filter(pk=profile.pk).update(is_sample=True)
    profile.refresh_from_db()


def _wish(profile: Profile) -> None:
    wishes: Preferences = profile.preferences
    wishes.titles = ["Senior Backend Engineer", "Python Engineer"]
    wishes.locations = ["Hamburg, Germany"]
    wishes.remote_ok = True
    wishes.levels = ["senior"]
    wishes.industries = ["Logistics", "Energy"]
    wishes.minimum_salary = MINIMUM_PAY
    wishes.salary_currency = "EUR"
    wishes.is_prefilled = False
    wishes.save()
    touch_profile(profile)


def _import_openings(profile: Profile, *, now: datetime) -> None:
    """Import what each board would answer, score it, then read it once more without what has closed since."""
    postings = load_postings()
    sources = {board: _source(profile.workspace, board, now=now) for board in BOARDS}
    for board, source in sources.items():
        _read_board(source, board, _of(board, postings), now=now - timedelta(hours=30))
    for _done in matching.refresh_matches(profile, now=now):
        pass
    for board, source in sources.items():
        still_open = [posting for posting in _of(board, postings) if not posting.is_closed]
        _read_board(source, board, still_open, now=now - timedelta(hours=5))
        # Nothing is fetched for a sample: its board exists nowhere.
        Source.objects.filter(pk=source.pk).update(name=BOARDS[board][0], next_due_at=None)


def _of(board: str, postings: Iterable[Posting]) -> list[Posting]:
    return [posting for posting in postings if posting.board == board]


def _source(workspace: Workspace, board: str, *, now: datetime) -> Source:
    source: Source = Source.objects.create(
        workspace=workspace,
        kind=board,
        name=BOARDS[board][1],
        terms_url=adapter_for(board).terms_url,
        is_sample=True,
    )
    return source


def _read_board(source: Source, board: str, postings: list[Posting], *, now: datetime) -> None:
    body = answer_of(board, postings, now=now)
    result = adapter_for(board).parse(body, 200, "application/json", BoardRef(board, ""))
    importing.apply_result(source, result, now=now, fetched=True)


def _application(profile: Profile, story: Story, user: User, *, at: datetime) -> Application:
    job = Job.objects.select_related("source", "company").get(
        workspace=profile.workspace,
        title=story.title,
        company_name=story.company,
        duplicate_of=None,
    )
    Company.objects.filter(pk=job.company_id).update(domain=story.domain)
    application = open_application(profile, job, actor=user, now=at)
    Application.objects.filter(pk=application.pk).update(
        notes=story.notes, next_action=story.next_action
    )
    return application


def _meet(
    application: Application, story: Story, persons: tuple[Person, ...], *, at: datetime
) -> dict[str, Person]:
    """Keep the people of a story as contacts; return them by address."""
    found = {}
    for person in persons:
        first, _, last = person.name.partition(" ")
        data = ContactData(
            first_name=first,
            last_name=last,
            title=person.title,
            email=f"{person.local_part}@{story.domain}",
            source="Sample data",
            lawful_basis=Contact.LawfulBasis.LEGITIMATE_INTEREST,
        )
        contact, _ = keep_contact(application.workspace, application.job.company, data, now=at)
        found[contact.email] = person
    return found


def _tell_sent(player: Player, profile: Profile, story: Story) -> None:
    approved_at = working_days_ago(player.now, story.days_ago, ZONE)
    begun_at = approved_at - timedelta(hours=18)
    application = _application(profile, story, player.user, at=begun_at)
    persons = _meet(application, story, story.people, at=begun_at)
    package, _ = packages.open_package(application, now=begun_at)
    packages.assemble(package, now=begun_at + timedelta(minutes=2))
    package.refresh_from_db()
    player.play(package, persons, approved_at=approved_at)
    application.refresh_from_db()
    moved_at = min(
        player.now - timedelta(hours=4), application.status_changed_at + timedelta(hours=20)
    )
    for status in story.ends_as:
        moving.move(application, status, seen=application.status, actor=player.user, now=moved_at)
        application.refresh_from_db()
        moved_at = min(player.now - timedelta(hours=3), moved_at + timedelta(days=6))
    if story.ends_as == ("interviewing",):
        _plan_interview(application, player.user, now=player.now)
    _date_back(application, begun_at)


def _date_back(application: Application, at: datetime) -> None:
    """Let the rows of a story say that they were made when it began."""
    Application.objects.filter(pk=application.pk).update(created_at=at)
    for model in (Package, Document, Enrollment):
        model.objects.filter(application=application).update(created_at=at)
    Contact.objects.filter(enrollments__application=application).update(created_at=at)


def _plan_interview(application: Application, user: User, *, now: datetime) -> None:
    tomorrow = (now.astimezone(ZONE) + timedelta(days=1)).replace(
        hour=10, minute=0, second=0, microsecond=0
    )
    interviews.add_interview(
        application,
        at=tomorrow,
        stage="Technical interview",
        interviewer="Nadja Krüger",
        actor=user,
        now=now - timedelta(hours=3),
    )


def _tell_waiting(profile: Profile, user: User, *, now: datetime) -> None:
    """Prepare the three packages that wait, then spoil two of them so that the checks have something to refuse."""
    made: dict[Story, Package] = {}
    for number, story in enumerate(people.READY):
        at = now - timedelta(hours=20 - number)
        application = _application(profile, story, user, at=at)
        _meet(application, story, story.people, at=at)
        package, _ = packages.open_package(application, now=at)
        made[story] = packages.assemble(package, now=at + timedelta(minutes=1))
        _date_back(application, at)
        _meet(application, story, story.extra_people, at=at)
    _leave_unresolved(made[people.READY_UNRESOLVED], user, now=now)
    _claim_too_much(made[people.READY_REFUSED], now=now)
    packages.refresh_checks(made[people.READY_GREEN], now=now)


def _leave_unresolved(package: Package, user: User, *, now: datetime) -> None:
    mail = (
        Message.objects.filter(enrollment__package=package, step_number=1).order_by("pk")[:1].get()
    )
    text = {"subject": mail.subject, "body": people.UNRESOLVED}
    packages.edit_mail(package, mail, text=text, user=user, now=now)


def _claim_too_much(package: Package, *, now: datetime) -> None:
    letter = documents.current_document(package.application, Document.Kind.LETTER)
    if letter is None:
        return
    content = letter.content
    groups = [" ".join(piece["text"] for piece in group) for group in content["paragraphs"]]
    groups[-1:-1] = [people.INVENTED]
    documents.edit_letter(
        letter,
        greeting=content["greeting"],
        body="\n\n".join(groups),
        farewell=content["farewell"],
        signature=content["signature"],
        today=now.date(),
    )
    packages.refresh_checks(package, now=now)


def _tell_early(profile: Profile, user: User, *, now: datetime) -> None:
    """Two roles that are only saved, and one that was begun by hand."""
    chance = random.Random(SEED)  # noqa: S311 - hours of a story, no secret
    for story in (*people.SAVED, people.PREPARING):
        at = now - timedelta(hours=chance.randint(26, 70))
        application = _application(profile, story, user, at=at)
        if story is people.PREPARING:
            move_application(
                application, Application.Status.DRAFTING, now=at + timedelta(hours=1), actor=user
            )


def _close_doors(workspace: Workspace, *, now: datetime) -> None:
    suppress(
        reason=Suppression.Reason.MANUAL,
        scope=Suppression.Scope.WORKSPACE,
        domain=people.DO_NOT_CONTACT,
        workspace=workspace,
        source="my present employer",
        now=now,
    )
    Notification.objects.create(
        workspace=workspace,
        kind="packages",
        text="Three packages wait for you. Nothing leaves before you approve it.",
        url="/today/",
    )


# Rows that protect others go first; the workspace takes the rest with it.
ORDER = (Reply, Message, Enrollment, Package, Contact, Document, ApplicationEvent, Application, Job)


@transaction.atomic
def remove_workspace(workspace: Workspace) -> None:
    """Delete a sample workspace with everything in it. Raises ValueError for any other workspace."""
    if not workspace.is_demo:
        raise ValueError("Only the sample workspace can be removed here.")
    files = [resume.file for resume in Resume.objects.filter(workspace=workspace) if resume.file]
    files += [row.content for row in Attachment.objects.filter(workspace=workspace)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('roleferry.erasing', 'on', true)")
    for model in ORDER:
        model._base_manager.filter(workspace=workspace).delete()
    workspace.delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('roleferry.erasing', '', true)")
    for file in files:
        transaction.on_commit(partial(file.delete, save=False))


def ensure_operator() -> User:
    """Return the account for the operations console of a local demonstration."""
    return ensure_user(
        settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD, name="Operator", is_operator=True
    )
