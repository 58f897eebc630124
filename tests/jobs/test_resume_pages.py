"""Uploading a resume, reading it, reviewing the facts: as the person sees it, with real files."""

import io

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import BackgroundTask, Preferences, Profile, ProfileFact, Resume

TEXT = """Olga Owner
Senior Backend Engineer
Hamburg, Germany
olga.owner@mail.example | +49 40 1234567

Experience

Northwind Health — Senior Backend Engineer
Jan 2019 – Present
- Led a team of 5 engineers and cut invoice errors by 40%
- Moved billing to PostgreSQL

Acme Rail — Backend Engineer
Mar 2015 – Dec 2017
- Built the seat reservation service in Python

Education

University of Hamburg — BSc Computer Science
2011 – 2015

Skills
Python, Django, PostgreSQL, Celery
"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_tasks(django_capture_on_commit_callbacks):
    """Run what a request enqueues, as the worker would after commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def upload(client, run_tasks, name, data):
    with run_tasks():
        return client.post(reverse("jobs:resume-list"), {"file": SimpleUploadedFile(name, data)})


def test_a_pasted_resume_fills_the_profile(owner_client, profile, run_tasks):
    with run_tasks():
        response = owner_client.post(reverse("jobs:resume-list"), {"text": TEXT})
    assert response["Location"].startswith("/tasks/")
    resume = Resume.objects.get()
    assert (resume.status, resume.is_primary) == ("read", True)
    task = BackgroundTask.objects.get(kind="read_resume")
    assert (task.status, task.result_url) == ("done", reverse("jobs:profile-detail"))
    roles = ProfileFact.objects.filter(profile=profile, kind="role").alive()
    assert {role.organization for role in roles} == {"Northwind Health", "Acme Rail"}
    for fact in ProfileFact.objects.filter(profile=profile, kind__in=["skill", "accomplishment"]):
        assert fact.text in resume.raw_text[fact.span_start : fact.span_end]
    assert {"Python", "Django", "PostgreSQL", "Celery"} <= set(
        ProfileFact.objects.filter(profile=profile, kind="skill").values_list("text", flat=True)
    )
    wishes = Preferences.objects.get(profile=profile)
    assert wishes.titles[0] == "Senior Backend Engineer"
    assert wishes.is_prefilled
    page = owner_client.get(reverse("jobs:profile-detail")).content.decode()
    assert "<mark" in page
    assert "Northwind Health" in page
    assert "There are 12 months between Acme Rail and Northwind Health" in page


def test_a_docx_is_read_and_given_back_as_an_attachment(owner_client, profile, run_tasks):
    document = docx.Document()
    for line in TEXT.splitlines():
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    upload(owner_client, run_tasks, "olga.docx", buffer.getvalue())
    resume = Resume.objects.get()
    assert (resume.status, resume.kind) == ("read", "docx")
    response = owner_client.get(reverse("jobs:resume-file", args=[resume.public_id]))
    assert b"".join(response.streaming_content) == buffer.getvalue()
    assert response["Content-Disposition"] == 'attachment; filename="olga.docx"'
    assert response["Content-Type"] == "application/octet-stream"
    assert "sandbox" in response["Content-Security-Policy"]


def test_a_broken_file_is_kept_with_its_sentence(owner_client, profile, run_tasks):
    upload(owner_client, run_tasks, "olga.pdf", b"%PDF-1.7\nnot really")
    resume = Resume.objects.get()
    assert (resume.status, resume.error_code) == ("failed", "broken")
    assert resume.file.size == len(b"%PDF-1.7\nnot really")
    page = owner_client.get(reverse("jobs:resume-list")).content.decode()
    assert "damaged or incomplete" in page
    assert "Try again" in page
    assert not ProfileFact.objects.exists()
    with run_tasks():
        owner_client.post(reverse("jobs:resume-retry", args=[resume.public_id]))
    resume.refresh_from_db()
    assert resume.status == "failed"


def test_too_large_and_nothing_at_all_are_explained(owner_client, profile, run_tasks):
    response = upload(owner_client, run_tasks, "big.pdf", b"x" * (7 * 1024 * 1024))
    assert response.status_code == 422
    assert "This file is 7.0 MB, the limit is 5 MB" in response.content.decode()
    empty = owner_client.post(reverse("jobs:resume-list"), {"text": "  "})
    assert "Choose a file or paste the text" in empty.content.decode()
    assert not Resume.objects.exists()


def test_a_second_resume_waits_until_it_is_made_primary(owner_client, profile, run_tasks):
    with run_tasks():
        owner_client.post(reverse("jobs:resume-list"), {"text": TEXT})
    with run_tasks():
        owner_client.post(
            reverse("jobs:resume-list"), {"text": TEXT.replace("Acme Rail", "Harbour Works")}
        )
    second = Resume.objects.latest("pk")
    assert not second.is_primary
    assert ProfileFact.objects.filter(organization="Harbour Works").count() == 0
    with run_tasks():
        owner_client.post(reverse("jobs:resume-make-primary", args=[second.public_id]))
    alive = ProfileFact.objects.filter(profile=profile, kind="role").alive()
    assert {role.organization for role in alive} == {"Northwind Health", "Harbour Works"}
    assert Resume.objects.filter(is_primary=True, deleted_at=None).get() == second


def test_what_a_person_edited_survives_another_reading(owner_client, profile, run_tasks):
    with run_tasks():
        owner_client.post(reverse("jobs:resume-list"), {"text": TEXT})
    fact = ProfileFact.objects.get(kind="skill", text="Celery")
    version = Profile.objects.get(pk=profile.pk).version
    owner_client.post(
        reverse("jobs:fact-edit", args=[fact.public_id]), {"kind": "skill", "text": "Celery 5"}
    )
    with run_tasks():
        owner_client.post(reverse("jobs:resume-retry", args=[Resume.objects.get().public_id]))
    alive = list(
        ProfileFact.objects.filter(profile=profile, kind="skill")
        .alive()
        .values_list("text", flat=True)
    )
    assert "Celery 5" in alive
    assert alive.count("Python") == 1
    assert Profile.objects.get(pk=profile.pk).version > version


def test_deleting_a_role_takes_its_bullets_and_undo_brings_them_back(
    owner_client, profile, run_tasks
):
    with run_tasks():
        owner_client.post(reverse("jobs:resume-list"), {"text": TEXT})
    before = list(ProfileFact.objects.filter(profile=profile).alive().values_list("pk", flat=True))
    role = ProfileFact.objects.get(kind="role", organization="Northwind Health")
    owner_client.post(reverse("jobs:fact-delete", args=[role.public_id]))
    assert not ProfileFact.objects.filter(parent=role).alive().exists()
    page = owner_client.get(reverse("jobs:profile-detail")).content.decode()
    assert reverse("jobs:fact-restore", args=[role.public_id]) in page
    owner_client.post(reverse("jobs:fact-restore", args=[role.public_id]))
    assert (
        list(ProfileFact.objects.filter(profile=profile).alive().values_list("pk", flat=True))
        == before
    )


def test_a_fact_with_its_end_before_its_start_is_refused_and_kept_on_the_form(
    owner_client, profile
):
    response = owner_client.post(
        reverse("jobs:fact-add"),
        {"kind": "role", "text": "Captain", "start_date": "2020-05-01", "end_date": "2019-05-01"},
    )
    assert response.status_code == 422
    assert "Swap the dates" in response.content.decode()
    assert "Captain" in response.content.decode()
    assert not ProfileFact.objects.exists()


def test_htmx_edits_in_place(owner_client, profile, run_tasks):
    with run_tasks():
        owner_client.post(reverse("jobs:resume-list"), {"text": TEXT})
    fact = ProfileFact.objects.get(kind="skill", text="Celery")
    url = reverse("jobs:fact-edit", args=[fact.public_id])
    form = owner_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert form.lstrip().startswith("<li")
    row = owner_client.post(
        url, {"kind": "skill", "text": "Celery 5"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "Celery 5" in row
    assert "<html" not in row


@pytest.mark.parametrize("name", ["jobs:resume-file", "jobs:resume-retry", "jobs:resume-delete"])
def test_a_strangers_resume_is_not_found(owner_client, stranger_client, profile, run_tasks, name):
    with run_tasks():
        owner_client.post(reverse("jobs:resume-list"), {"text": TEXT})
    url = reverse(name, args=[Resume.objects.get().public_id])
    assert (
        stranger_client.get(url) if name.endswith("file") else stranger_client.post(url)
    ).status_code == 404
    assert Resume.objects.get().deleted_at is None


def test_a_viewer_may_look_but_not_upload(viewer_client, profile):
    assert viewer_client.get(reverse("jobs:resume-list")).status_code == 200
    assert viewer_client.post(reverse("jobs:resume-list"), {"text": TEXT}).status_code == 403
    assert not Resume.objects.exists()
