"""Celery's way into jobs: ids in, objects out, one call each."""

from functools import partial

from celery import shared_task
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import progress
from accounts.models import BackgroundTask, Profile, Resume
from jobs import importing, matching
from jobs.fetching import Fetcher
from jobs.models import Source
from jobs.resumes import storing
from jobs.resumes.limits import ResumeUnreadableError
from jobs.sources.base import BoardResult, BoardStatus
from jobs.sources.registry import detect_saved_answer, fetch_board

NOT_A_BOARD = (
    "This file is not an answer of a board that RoleFerry reads (Greenhouse, Lever, Ashby). "
    "Save the board's JSON address as it is, or paste one posting's text."
)
IMPORT_STEPS = ["Reading the board", "Storing openings", "Scoring them for you"]


@shared_task
def import_due_sources() -> None:
    """Enqueue every board whose turn it is."""
    for source_id in importing.due_sources(timezone.now()):
        import_source.delay(source_id)


@shared_task
def import_source(source_id: int, task_id: int | None = None) -> None:
    """Read one board now and score what is new."""
    source = Source.objects.select_related("workspace").get(pk=source_id)
    if task_id is None:
        report, _result = _read_board(source)
        if report.created or report.updated:
            _score_later(source)
        return
    with progress.working(task_id) as task:
        if task is None:
            return
        _report, result = _read_board(source)
        is_fine = bool(result.jobs) or result.status == BoardStatus.UNCHANGED
        _finish_import(source, task, problem="" if is_fine else result.message)


def _read_board(source: Source) -> tuple[importing.ImportReport, BoardResult]:
    fetcher = Fetcher(site_url=settings.SITE_URL)
    result = fetch_board(fetcher, importing.board_of(source), etag=source.etag)
    return importing.apply_result(source, result, now=timezone.now(), fetched=True), result


@shared_task
def import_saved_answer(path: str, task_id: int) -> None:
    """Import an uploaded answer of a board; the upload is deleted once it is stored."""
    with progress.working(task_id) as task:
        if task is None:
            return
        with default_storage.open(path) as saved:
            answer = detect_saved_answer(saved.read())
        if answer is None:
            progress.fail(task, NOT_A_BOARD)
            return
        progress.report(task, 1)
        source = importing.source_for(task.workspace, answer.ref, now=timezone.now())
        importing.apply_result(source, answer.result, now=timezone.now(), fetched=False)
        default_storage.delete(path)
        _finish_import(
            source, task, problem="" if answer.result.jobs else "This answer lists no openings."
        )


@shared_task
def refresh_matches(profile_id: int) -> None:
    """Score what is stale for one profile. Two at once waste time but break nothing: the later version wins in the end."""
    profile = Profile.objects.select_related("workspace", "preferences").get(pk=profile_id)
    for _done in matching.refresh_matches(profile, now=timezone.now()):
        pass
    if Profile.objects.filter(pk=profile_id, version__gt=profile.version).exists():
        refresh_matches.delay(profile_id)


def _finish_import(source: Source, task: BackgroundTask, *, problem: str) -> None:
    if problem:
        progress.fail(task, problem)
        return
    progress.report(task, 2)
    for profile in _profiles(source):
        for _done in matching.refresh_matches(profile, now=timezone.now()):
            pass
    progress.finish(task, result_url=reverse("jobs:job-list"))


def _score_later(source: Source) -> None:
    for profile in _profiles(source):
        transaction.on_commit(partial(refresh_matches.delay, profile.pk))


def _profiles(source: Source) -> QuerySet[Profile]:
    return Profile.objects.filter(workspace=source.workspace).select_related(
        "workspace", "preferences"
    )


READ_STEPS = [
    "Reading the file",
    "Finding roles and skills",
    "Checking dates",
    "Filling your profile",
]


@shared_task
def read_resume(resume_id: int, task_id: int) -> None:
    """Read a stored resume and fill the profile; a failure is a sentence on the resume and on the task."""
    resume = Resume.objects.select_related(
        "workspace", "profile__preferences", "profile__user"
    ).get(pk=resume_id)
    with progress.working(task_id) as task:
        if task is None or not resume.move_to(Resume.Status.READING):
            return
        try:
            parsed, kind, pages = storing.read_stored(resume)
        except ResumeUnreadableError as error:
            resume.move_to(
                Resume.Status.FAILED, error_code=error.code, error_sentence=error.sentence
            )
            progress.fail(task, error.sentence)
            return
        progress.report(task, 2)
        storing.save_reading(resume, parsed, kind=kind, pages=pages, now=timezone.now())
        progress.report(task, 3)
        progress.finish(task, result_url=reverse("jobs:profile-detail"))
