"""One's own address with another workspace's id inside: in the path, the query or the body (quality S6)."""

import pytest
from django.urls import reverse

from accounts.middleware import WorkspaceMiddleware
from accounts.models import Profile
from outreach.models import Enrollment
from tests.outreach.package_cases import make_package
from tests.security.world import build, fingerprint

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(profile, viewer, stranger):
    return build(profile, viewer)


@pytest.fixture
def own(stranger, world):
    """A package of the stranger's own."""
    return make_package(Profile.objects.get(workspace=stranger.workspace))


@pytest.mark.parametrize("name", ["package-mail", "package-preview"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_strange_mail_under_an_own_package(stranger_client, world, own, name, method):
    before = fingerprint()
    path = reverse(f"outreach:{name}", args=[own.public_id, world.ids["draft"]])
    answer = getattr(stranger_client, method)(path, {"subject": "Mine", "body": "Mine now"})
    assert answer.status_code in {404, 405}
    assert fingerprint() == before


def test_a_strange_document_under_an_own_application(stranger_client, world, own):
    path = reverse(
        "outreach:application-document", args=[own.application.public_id, world.ids["document"]]
    )
    assert stranger_client.get(path, {"download": "1"}).status_code == 404


def test_a_strange_contact_is_not_chosen(stranger_client, world, own):
    path = reverse("outreach:package-people", args=[own.public_id])
    stranger_client.post(path, {"contact": [world.ids["contact"]]})
    chosen = Enrollment.objects.filter(package=own).exclude(contact__workspace=own.workspace)
    assert not chosen.exists()


def test_a_strange_workspace_is_not_switched_to(stranger_client, world):
    path = reverse("accounts:workspace-switch")
    answer = stranger_client.post(path, {"workspace": world.workspace.public_id})
    assert answer.status_code == 404
    session = stranger_client.session
    session[WorkspaceMiddleware.SESSION_KEY] = str(world.workspace.public_id)
    session.save()
    page = stranger_client.get(reverse("outreach:contact-list"))
    assert page.context["workspace"] != world.workspace
    assert "northwind.test" not in page.content.decode()


def test_a_strange_source_filters_to_nothing(stranger_client, world):
    page = stranger_client.get(reverse("jobs:job-list"), {"source": world.ids["source"]})
    assert page.status_code == 200
    assert "Harbor Pay" not in page.content.decode()


def test_the_lists_and_files_hold_ones_own_rows_only(stranger_client, world):
    for name in (
        "jobs:job-list",
        "jobs:resume-list",
        "jobs:source-list",
        "jobs:profile-detail",
        "mailboxes:mailbox-list",
        "outreach:contact-list",
        "outreach:contact-export",
        "outreach:outbox",
        "outreach:package-list",
        "outreach:pipeline",
        "outreach:pipeline-export",
        "outreach:today",
        "accounts:task-list",
        "accounts:member-list",
        "analytics:funnel",
    ):
        text = stranger_client.get(reverse(name)).content.decode()
        for words in (
            "Harbor Pay",
            "northwind.test",
            "olga@sandbox.test",
            "Reading a board",
        ):
            assert words not in text, (name, words)
