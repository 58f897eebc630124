"""A view whose author forgot the workspace still shows one workspace only (architecture section 4, quality S7)."""

import pytest
from django.http import JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from jobs.models import Job
from outreach.models import Contact
from tests.factories.jobs import JobFactory
from tests.factories.outreach import ContactFactory

pytestmark = pytest.mark.django_db


def forgetful_list(request):
    return JsonResponse(
        {
            "jobs": list(Job.objects.order_by("pk").values_list("pk", flat=True)),
            "contacts": list(Contact.objects.order_by("pk").values_list("email", flat=True)),
        }
    )


@csrf_exempt
def forgetful_change(request, pk):
    return JsonResponse({"changed": Job.objects.filter(pk=pk).update(title="Taken over")})


urlpatterns = [
    path("forgetful/", forgetful_list),
    path("forgetful/<int:pk>/", forgetful_change),
    path("", include("config.urls")),
]


@pytest.fixture
def mine(workspace, settings):
    settings.ROOT_URLCONF = __name__
    ContactFactory(workspace=workspace, email="maria@northwind.test")
    return JobFactory(workspace=workspace)


def test_each_sees_their_own_rows(owner_client, stranger_client, stranger, mine):
    theirs = JobFactory(workspace=stranger.workspace)
    assert owner_client.get("/forgetful/").json() == {
        "jobs": [mine.pk],
        "contacts": ["maria@northwind.test"],
    }
    assert stranger_client.get("/forgetful/").json() == {"jobs": [theirs.pk], "contacts": []}


def test_nobody_changes_a_strange_row(owner_client, stranger_client, mine):
    assert stranger_client.post(f"/forgetful/{mine.pk}/").json() == {"changed": 0}
    mine.refresh_from_db()
    assert mine.title == "Backend Engineer"
    assert owner_client.post(f"/forgetful/{mine.pk}/").json() == {"changed": 1}
