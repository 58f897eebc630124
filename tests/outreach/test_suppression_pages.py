"""The do-not-contact list: adding stops at once, importing keeps the good rows, removing asks and is not for everything."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from mailboxes.models import Suppression
from mailboxes.suppression import live_suppression, suppress
from outreach import do_not_contact
from outreach.contact_files import read_file
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

LIST = reverse("outreach:suppression-list")
QUERIES = 11
ADD = reverse("outreach:suppression-add")
IMPORT = reverse("outreach:suppression-import")


def on_page(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return response.content.decode()


def close(workspace, **what):
    return suppress(
        **{"reason": "manual", "scope": "workspace", "workspace": workspace, **what},
        now=timezone.now(),
    )


@pytest.fixture
def written_to(profile):
    mailbox = mailbox_for(profile.workspace)
    return being_written_to(package_for(profile), mailbox, email="maria@northwind.test")


def test_adding_an_address_cancels_what_waits_and_says_how_much(owner_client, written_to):
    response = owner_client.post(
        ADD, {"target": "Maria@Northwind.test", "note": "told me so"}, follow=True
    )
    page = response.content.decode()

    row = Suppression.objects.get()
    assert (row.address, row.source, row.scope) == (
        "Maria@northwind.test",
        "told me so",
        "workspace",
    )
    assert statuses(written_to) == ["sent", "cancelled", "cancelled"]
    assert "2 waiting mails cancelled." in page
    assert "told me so" in page


def test_adding_a_domain_covers_everybody_below_it(owner_client, written_to):
    owner_client.post(ADD, {"target": "@northwind.test"})

    assert Suppression.objects.get().domain == "northwind.test"
    assert statuses(written_to) == ["sent", "cancelled", "cancelled"]


def test_adding_twice_keeps_one_entry(owner_client, workspace):
    for _ in range(2):
        response = owner_client.post(ADD, {"target": "lee@acme.eu"}, follow=True)

    assert Suppression.objects.count() == 1
    assert "was on the list already" in response.content.decode()


@pytest.mark.parametrize("target", ["", "maria", "maria@", "a b@acme.eu", "acme..eu", "x" * 300])
def test_what_names_nobody_is_explained_and_kept(owner_client, profile, target):
    response = owner_client.post(ADD, {"target": target, "note": "my employer"})

    assert response.status_code == 422
    page = response.content.decode()
    assert "There is a problem" in page
    assert "my employer" in page
    assert not Suppression.objects.exists()


def test_a_viewer_looks_but_does_not_add(viewer_client, workspace):
    row = close(workspace, email="lee@acme.eu")

    assert "lee@acme.eu" in on_page(viewer_client)
    assert viewer_client.post(ADD, {"target": "max@acme.eu"}).status_code == 403
    remove = reverse("outreach:suppression-remove", args=[row.public_id])
    assert viewer_client.post(remove, {"reason": "x"}).status_code == 403
    assert Suppression.objects.get().released_at is None


def test_nobody_sees_another_workspaces_list(stranger_client, workspace):
    row = close(workspace, email="lee@acme.eu")
    close(workspace, domain="acme.eu")

    assert "acme.eu" not in on_page(stranger_client)
    assert "may be written to" in on_page(stranger_client, q="lee@acme.eu")
    remove = reverse("outreach:suppression-remove", args=[row.public_id])
    assert stranger_client.get(remove).status_code == 404


def test_an_entry_for_everyone_shows_only_to_who_knows_the_address(owner_client, profile):
    row = close(None, email="lee@acme.eu", scope="platform", reason="complaint")

    assert "lee@acme.eu" not in on_page(owner_client)
    page = on_page(owner_client, q="LEE@acme.eu")
    assert "Cannot be removed here. It protects everyone on RoleFerry" in page
    remove = reverse("outreach:suppression-remove", args=[row.public_id])
    assert owner_client.post(remove, {"reason": "x"}).status_code == 404


def test_search_finds_the_domain_that_covers_an_address(owner_client, workspace, profile):
    close(workspace, domain="acme.eu")

    assert "Everybody at acme.eu" in on_page(owner_client, q="lee@mail.acme.eu")
    assert "Everybody at acme.eu" in on_page(owner_client, q="acme.eu")
    assert "other.eu may be written to" in on_page(owner_client, q="other.eu")


@pytest.mark.parametrize("text", ["lee", "lee@", "\x00@", "a@b@c", "%"])
def test_a_search_for_part_of_an_address_says_what_to_type(owner_client, workspace, profile, text):
    close(workspace, email="lee@acme.eu")

    page = on_page(owner_client, q=text)

    assert 'role="alert"' in page
    assert "lee@acme.eu" not in page


def test_removing_asks_wants_a_reason_and_is_audited(owner_client, workspace, profile):
    row = close(workspace, email="lee@acme.eu")
    remove = reverse("outreach:suppression-remove", args=[row.public_id])

    assert "Write to lee@acme.eu again?" in owner_client.get(remove).content.decode()
    assert owner_client.post(remove, {"reason": " "}).status_code == 422
    row.refresh_from_db()
    assert row.released_at is None
    owner_client.post(remove, {"reason": "It was a typing error"})
    row.refresh_from_db()
    assert row.released_reason == "It was a typing error"
    assert live_suppression(workspace, "lee@acme.eu", timezone.now()) is None
    assert AuditEntry.objects.get().verb == "suppression.release"


def test_a_removal_can_be_undone(owner_client, workspace, written_to):
    owner_client.post(ADD, {"target": "northwind.test"})
    row = Suppression.objects.get()
    remove = reverse("outreach:suppression-remove", args=[row.public_id])
    undo = reverse("outreach:suppression-undo", args=[row.public_id])
    page = owner_client.post(remove, {"reason": "wrong company"}, follow=True).content.decode()
    assert undo in page

    for _ in range(2):
        owner_client.post(undo)

    row.refresh_from_db()
    assert (row.released_at, row.released_reason) == (None, "")
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "suppression.release",
        "suppression.put_back",
    ]


@pytest.mark.parametrize("reason", ["unsubscribed", "asked", "hard_bounce"])
def test_what_others_said_cannot_be_removed(owner_client, workspace, profile, reason):
    row = close(workspace, email="lee@acme.eu", reason=reason)
    remove = reverse("outreach:suppression-remove", args=[row.public_id])

    assert "cannot be removed here" in owner_client.get(remove).content.decode()
    owner_client.post(remove, {"reason": "please"})
    row.refresh_from_db()
    assert row.released_at is None


def upload(client, text):
    file = SimpleUploadedFile("list.csv", text.encode(), content_type="text/csv")
    return client.post(IMPORT, {"file": file})


def test_an_import_keeps_the_good_rows_and_names_the_others(owner_client, workspace, written_to):
    close(workspace, email="known@acme.eu")
    text = (
        "Address,Why\nmaria@northwind.test,asked\nnot an address,\nacme.com,my employer\n"
        "known@acme.eu,\nMARIA@northwind.test,twice\n"
    )
    response = upload(owner_client, text)
    page = response.content.decode()

    assert response.status_code == 200
    assert "2 added." in page
    assert "1 stood there before. 2 waiting mails cancelled." in page
    assert "2 rows could not be used" in page
    assert "Line 3" in page
    assert "stands in the file twice" in page
    assert dict(
        Suppression.objects.exclude(address="known@acme.eu").values_list("domain", "source")
    ) == {
        "": "asked",
        "acme.com": "my employer",
    }
    assert statuses(written_to) == ["sent", "cancelled", "cancelled"]


def test_an_import_twice_adds_nothing(owner_client, profile):
    for _ in range(2):
        response = upload(owner_client, "lee@acme.eu\nacme.com\n")

    assert "0 added." in response.content.decode()
    assert Suppression.objects.count() == 2


def test_a_file_that_cannot_be_read_is_explained(owner_client, profile):
    assert upload(owner_client, "\x00\x01").status_code == 422
    response = upload(owner_client, "\n".join(f"a{n}@acme.eu" for n in range(2_002)))

    assert response.status_code == 422
    assert "the limit is 2,000" in response.content.decode()
    assert not Suppression.objects.exists()


def test_a_long_list_costs_the_same_queries(
    owner_client, workspace, profile, django_assert_num_queries
):
    close(workspace, email="first@acme.eu")
    owner_client.get(LIST)
    for number in range(60):
        close(workspace, email=f"lee{number}@acme.eu")

    with django_assert_num_queries(QUERIES):
        page = on_page(owner_client)
    assert page.count("data-item") == 50
    after = do_not_contact.entries(workspace, now=timezone.now()).order_by("-created_at", "-pk")[49]
    rest = owner_client.get(
        LIST,
        {"q": "", "after": f"{after.created_at.isoformat()}~{after.pk}"},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert rest.count("data-item") == 11
    assert "<html" not in rest


def test_an_import_of_many_rows_costs_few_queries(
    workspace, profile, django_assert_max_num_queries
):
    lines = do_not_contact.judge_lines(
        read_file(b"\n".join(b"p%d@acme.eu" % n for n in range(1_000)))
    )
    with django_assert_max_num_queries(8):
        closed = do_not_contact.close_all(
            workspace,
            [(line.target, "") for line in lines],
            source="imported",
            now=timezone.now() - timedelta(days=1),
        )

    assert (closed.added, closed.known, closed.mails) == (1_000, 0, 0)
