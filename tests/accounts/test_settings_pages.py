"""Settings, preferences, theme, tasks: who may see and change what."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import progress
from accounts.models import Preferences, Profile

pytestmark = pytest.mark.django_db


def test_preferences_forgive_how_people_write_pay(owner_client, profile):
    version = profile.version
    response = owner_client.post(
        reverse("accounts:preferences-edit"),
        {
            "titles": "Backend engineer, Platform engineer\nBackend engineer",
            "minimum_salary": "65.000",
            "salary_currency": "EUR",
            "levels": ["senior"],
        },
    )
    assert response.status_code == 302
    wishes = Preferences.objects.get(profile=profile)
    assert wishes.titles == ["Backend engineer", "Platform engineer"]
    assert (wishes.minimum_salary, wishes.remote_ok, wishes.levels, wishes.is_prefilled) == (
        65000,
        False,
        ["senior"],
        False,
    )
    assert Profile.objects.get(pk=profile.pk).version == version + 1


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("65k", 65000), ("65,000", 65000), ("65 000", 65000), ("", None), ("1.250.000", 1250000)],
)
def test_ways_to_write_a_salary(owner_client, profile, typed, stored):
    owner_client.post(
        reverse("accounts:preferences-edit"), {"minimum_salary": typed, "salary_currency": "EUR"}
    )
    assert Preferences.objects.get(profile=profile).minimum_salary == stored


def test_a_wrong_salary_says_how_to_write_it_and_keeps_the_form(owner_client, profile):
    response = owner_client.post(
        reverse("accounts:preferences-edit"),
        {"titles": "Engineer", "minimum_salary": "a lot", "salary_currency": "EUR"},
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "Enter a minimum salary, like 65000" in page
    assert "a lot" in page
    assert "<title>Error:" in page
    assert Preferences.objects.get(profile=profile).titles == []


def test_a_viewer_cannot_change_preferences(viewer_client, profile):
    response = viewer_client.post(
        reverse("accounts:preferences-edit"), {"titles": "Boss", "salary_currency": "EUR"}
    )
    assert response.status_code == 403
    assert Preferences.objects.get(profile=profile).titles == []


def test_the_workspace_form_refuses_a_header_in_the_sender_name(owner_client, workspace):
    response = owner_client.post(
        reverse("accounts:workspace-edit"),
        {
            "name": "W",
            "sender_name": "Olga\r\nBcc: x@y.test",
            "postal_address": "1 Quay",
            "time_zone": "Europe/Berlin",
        },
    )
    workspace.refresh_from_db()
    assert "\n" not in workspace.sender_name
    assert response.status_code in {302, 422}


def test_an_unknown_time_zone_is_explained(owner_client, workspace):
    response = owner_client.post(
        reverse("accounts:workspace-edit"), {"name": "W", "time_zone": "Berlin"}
    )
    assert response.status_code == 422
    assert "Europe/Berlin" in response.content.decode()
    workspace.refresh_from_db()
    assert workspace.time_zone == "UTC"


def test_theme_is_kept_in_a_cookie_and_never_redirects_away(client):
    response = client.post(
        reverse("accounts:theme-set"), {"theme": "dark", "next": "https://evil.example/"}
    )
    assert (response.status_code, response["Location"], response.cookies["theme"].value) == (
        302,
        "/",
        "dark",
    )


def test_a_strangers_task_is_not_found(owner, stranger_client):
    task = progress.begin(owner.workspace, kind="test", title="Reading", steps=["one", "two"])
    assert (
        stranger_client.get(reverse("accounts:task-detail", args=[task.public_id])).status_code
        == 404
    )


def test_a_running_task_polls_and_a_finished_one_does_not(owner, owner_client):
    task = progress.begin(owner.workspace, kind="test", title="Reading", steps=["one", "two"])
    url = reverse("accounts:task-detail", args=[task.public_id])
    progress.start(task)
    progress.report(task, 1)
    running = owner_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in running
    assert "two" in running
    assert "<html" not in running
    progress.finish(task, result_url="/today/")
    done = owner_client.get(url, headers={"HX-Request": "true"})
    assert "hx-trigger" not in done.content.decode()
    assert done["HX-Redirect"] == "/today/"


def test_a_task_that_breaks_says_so_to_the_person(owner):
    task = progress.begin(owner.workspace, kind="test", title="Reading", steps=["one"])
    with pytest.raises(ZeroDivisionError), progress.working(task.pk):
        1 / 0  # noqa: B018
    task.refresh_from_db()
    assert (task.status, task.error[:20]) == ("failed", "Something went wrong")
    with progress.working(task.pk) as second:
        assert second is None


def test_a_task_whose_worker_died_is_closed(owner):
    task = progress.begin(owner.workspace, kind="test", title="Reading", steps=["one"])
    progress.start(task)
    assert progress.close_stalled(now=timezone.now() + timedelta(minutes=14)) == 0
    assert progress.close_stalled(now=timezone.now() + timedelta(minutes=16)) == 1
    task.refresh_from_db()
    assert task.status == "failed"


def test_a_task_is_taken_by_one_worker_only(owner):
    task = progress.begin(owner.workspace, kind="test", title="Reading", steps=["one"])
    same = type(task).objects.get(pk=task.pk)
    assert progress.start(task) is True
    assert progress.start(same) is False
