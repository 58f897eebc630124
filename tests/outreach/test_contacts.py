"""People: kept once, ranked, imported, closed and opened again."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import BackgroundTask
from mailboxes.models import Suppression
from mailboxes.suppression import suppress
from outreach import contact_files
from outreach.approving import approve
from outreach.contact_files import FileUnreadableError, guess_mapping, judge_rows, read_file
from outreach.contacts import (
    ContactBusyError,
    ContactData,
    ContactExistsError,
    delete_contact,
    edit_contact,
    keep_contact,
    persona_rank,
    restore_contact,
)
from outreach.models import Contact, Enrollment, Message
from tests.factories.jobs import CompanyFactory
from tests.factories.outreach import ContactFactory
from tests.outreach.package_cases import NOW, make_package

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2), page, suppressions, count, what waits (side bar)
LIST_QUERIES = 13
FILE = """\
Full name,Job title,Company,E-mail,Source
Ada Adams,VP Engineering,Harbor Pay,ada@harborpay.com,fair
"Bert, Jr. Brown",Recruiter,Harbor Pay Inc.,bert@harborpay.com,
Cleo,,Harbor Pay,not an address,fair
Dora Dunn,CTO,,dora@harborpay.com,fair
Ada Adams,VP,Harbor Pay,ADA@harborpay.com,fair
=cmd|' /C calc'!A0,CEO,Harbor Pay,,fair
"""


def data(**changes):
    fields = {
        "first_name": "Ada",
        "last_name": "Adams",
        "title": "CTO",
        "email": "ada@harborpay.com",
        "source": "fair",
        "lawful_basis": "existing",
    }
    return ContactData(**{**fields, **changes})


def url(name, *args):
    return reverse(f"outreach:{name}", args=args)


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("VP of Engineering", 1),
        ("CTO", 1),
        ("Head of Platform", 2),
        ("Director of Talent", 3),
        ("Engineering Manager", 4),
        ("Talent Manager", 5),
        ("Recruiter", 5),
        ("Engineer", 99),
        ("", 99),
    ],
)
def test_ranks(title, rank):
    assert persona_rank(title) == rank


def test_a_person_is_kept_once_per_company_and_address(workspace):
    company = CompanyFactory(workspace=workspace)

    first, is_new = keep_contact(workspace, company, data(title=""), now=NOW)
    again, is_new_again = keep_contact(
        workspace, company, data(email="ADA@HarborPay.com", last_name="Other"), now=NOW
    )

    assert (is_new, is_new_again) == (True, False)
    assert first.pk == again.pk
    again.refresh_from_db()
    # what was empty is filled in, what was there stays
    assert (again.title, again.persona_rank, again.last_name) == ("CTO", 1, "Adams")
    elsewhere, _ = keep_contact(workspace, CompanyFactory(workspace=workspace), data(), now=NOW)
    assert elsewhere.pk != first.pk


def test_people_without_an_address_are_told_apart_by_linkedin(workspace):
    company = CompanyFactory(workspace=workspace)
    link = "https://www.linkedin.com/in/ada"

    first, _ = keep_contact(workspace, company, data(email="", linkedin_url=link), now=NOW)
    second, is_new = keep_contact(workspace, company, data(linkedin_url=link), now=NOW)

    assert (second.pk, is_new) == (first.pk, False)
    second.refresh_from_db()
    assert second.email == "ada@harborpay.com"
    assert second.email_hash


def test_names_cannot_carry_a_header(workspace):
    company = CompanyFactory(workspace=workspace)

    contact, _ = keep_contact(
        workspace, company, data(first_name="Ada\r\nBcc: all@example.com\x00"), now=NOW
    )

    assert contact.first_name == "Ada Bcc: all@example.com"


def test_an_edit_to_somebody_else_s_address_names_them(workspace):
    company = CompanyFactory(workspace=workspace)
    keep_contact(workspace, company, data(), now=NOW)
    other, _ = keep_contact(workspace, company, data(email="b@harborpay.com"), now=NOW)

    with pytest.raises(ContactExistsError, match="Ada Adams"):
        edit_contact(other, data())

    edited = edit_contact(other, data(email="new@harborpay.com", title="Head of IT"))
    assert (edited.verdict, edited.verified_at, edited.persona_rank) == ("unknown", None, 2)


def test_somebody_being_written_to_is_not_deleted(profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)
    contact = Contact.objects.get()

    with pytest.raises(ContactBusyError):
        delete_contact(contact, now=NOW)

    contact.refresh_from_db()
    assert contact.deleted_at is None


def test_a_deleted_person_does_not_come_back_twice(workspace):
    company = CompanyFactory(workspace=workspace)
    first, _ = keep_contact(workspace, company, data(), now=NOW)
    delete_contact(first, now=NOW)
    keep_contact(workspace, company, data(), now=NOW)
    first.refresh_from_db()

    with pytest.raises(ContactExistsError):
        restore_contact(first)

    assert Contact.objects.filter(deleted_at=None).count() == 1


def test_the_list_searches_and_counts(owner_client, workspace, django_assert_num_queries):
    for number in range(27):
        ContactFactory(workspace=workspace, last_name=f"Marin{number}")
    ContactFactory(last_name="Foreign")
    ContactFactory(workspace=workspace, last_name="Gone", deleted_at=NOW)

    with django_assert_num_queries(LIST_QUERIES):
        text = owner_client.get(url("contact-list")).content.decode()

    assert "<h2>27 contacts</h2>" in text
    assert text.count('class="card link"') == 25
    assert "Foreign" not in text
    assert "Gone" not in text
    address = text.split('hx-get="?', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    more = owner_client.get(f"{url('contact-list')}?{address}", headers={"HX-Request": "true"})
    assert more.content.decode().count('class="card link"') == 2
    found = owner_client.get(
        url("contact-list"), {"q": "marin26 engineering"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<h2>1 contact</h2>" in found
    assert "<html" not in found


@pytest.mark.parametrize("name", ["edit", "verify", "close", "open", "delete", "restore", "detail"])
def test_strangers_and_viewers_change_nobody(stranger_client, viewer_client, workspace, name):
    contact = ContactFactory(workspace=workspace, deleted_at=NOW if name == "restore" else None)
    address = url(f"contact-{name}", contact.public_id)
    ask = "get" if name == "detail" else "post"

    assert getattr(stranger_client, ask)(address).status_code == 404
    assert getattr(viewer_client, ask)(address).status_code == (200 if name == "detail" else 403)

    fresh = Contact.objects.get()
    assert (fresh.deleted_at, fresh.verified_at) == (contact.deleted_at, None)
    assert not Suppression.objects.exists()


def test_adding_by_hand(owner_client, profile, django_capture_on_commit_callbacks):
    fields = {
        "first_name": "Ada",
        "last_name": "",
        "title": "CTO",
        "company_name": "Harbor Pay",
        "email": "ada@harborpay.test",
        "linkedin_url": "",
        "source": "",
        "lawful_basis": "existing",
        "time_zone": "Mars/Base",
        "notes": "",
    }

    wrong = owner_client.post(url("contact-add"), fields)
    assert wrong.status_code == 422
    assert "<title>Error: " in wrong.content.decode()
    assert "This time zone is not known" in wrong.content.decode()
    assert not Contact.objects.exists()

    fields |= {"source": "fair", "time_zone": "Europe/Berlin"}
    with django_capture_on_commit_callbacks(execute=True):
        response = owner_client.post(url("contact-add"), fields)
    contact = Contact.objects.get()
    assert response["Location"] == url("contact-detail", contact.public_id)
    assert (contact.company.name, contact.verdict) == ("Harbor Pay", "valid")
    text = owner_client.get(response["Location"]).content.decode()
    assert "Nobody has written to Ada yet" in text

    owner_client.post(url("contact-edit", contact.public_id), {**fields, "title": "Head of IT"})
    contact.refresh_from_db()
    assert contact.title == "Head of IT"

    owner_client.post(url("contact-delete", contact.public_id))
    contact.refresh_from_db()
    assert contact.deleted_at is not None
    owner_client.post(url("contact-restore", contact.public_id))
    contact.refresh_from_db()
    assert contact.deleted_at is None


def test_do_not_contact_stops_at_once_and_can_be_undone(owner_client, profile, owner):
    package = make_package(profile)
    approve(package, owner.user, now=NOW)
    contact = Contact.objects.get()

    page = owner_client.post(url("contact-close", contact.public_id), follow=True)

    assert "3 mails cancelled" in page.content.decode()
    assert set(Message.objects.values_list("status", flat=True)) == {"cancelled"}
    assert Enrollment.objects.get().status == "stopped"
    assert Suppression.objects.get().reason == "manual"

    owner_client.post(url("contact-open", contact.public_id))
    assert Suppression.objects.filter(released_at=None).count() == 0
    assert Enrollment.objects.get().status == "active"
    assert set(Message.objects.values_list("status", flat=True)) == {"scheduled", "approved"}


def test_nobody_here_opens_what_the_person_closed(owner_client, workspace):
    contact = ContactFactory(workspace=workspace)
    suppress(reason="unsubscribed", scope="platform", email=contact.email, now=NOW)

    page = owner_client.post(url("contact-open", contact.public_id), follow=True)

    assert "asked not to be written to" in page.content.decode()
    assert Suppression.objects.filter(released_at=None).count() == 1


def test_a_file_is_judged_row_by_row():
    file = read_file(FILE.encode())
    rows = judge_rows(file, guess_mapping(file.header), source="my list", lawful_basis="consent")

    assert guess_mapping(file.header) == {
        "name": 0,
        "title": 1,
        "company": 2,
        "email": 3,
        "source": 4,
    }
    assert [row.number for row in rows if row.problem] == [4, 5, 6, 7]
    assert [row.problem for row in rows if row.problem] == [
        "“not an address” is not an e-mail address: an email address must have an @-sign. Check its spelling.",
        "The company is missing.",
        "This address stands in the file twice.",
        "There is neither an e-mail address nor a LinkedIn address.",
    ]
    assert rows[1].data.source == "my list"
    assert (rows[1].data.first_name, rows[1].data.last_name) == ("Bert,", "Jr. Brown")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "header at most"),
        (b"name,email\n", "header at most"),
        (b"PK\x03\x04\x00\x00", "not a CSV file"),
        (b"a" * (2 * 1024 * 1024 + 1), "the limit is 2 MB"),
        (b"name\n" + b"x\n" * 5001, "5,001 rows, the limit is 5,000"),
    ],
)
def test_unreadable_files_say_why(raw, said):
    with pytest.raises(FileUnreadableError, match=said):
        read_file(raw)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_of_every_office(encoding, separator):
    text = separator.join(["Name", "E-Mail"]) + "\r\n" + separator.join(["Jörg Groß", "j@x.com"])

    file = read_file(text.encode(encoding))

    assert file.lines == (("Jörg Groß", "j@x.com"),)
    assert guess_mapping(file.header) == {"name": 0, "email": 1}


def test_errors_come_back_as_a_file_that_runs_nothing():
    file = read_file(FILE.encode())
    rows = judge_rows(file, guess_mapping(file.header), source="x", lawful_basis="consent")

    lines = list(csv.reader(io.StringIO(contact_files.errors_csv(file, rows))))

    assert lines[0][-1] == "Problem"
    assert len(lines) == 5
    assert lines[-1][0] == "'=cmd|' /C calc'!A0"


def test_importing_a_file(owner_client, workspace, profile, django_capture_on_commit_callbacks):
    upload = SimpleUploadedFile("people.csv", FILE.encode(), "text/csv")

    response = owner_client.post(
        url("contact-import"), {"file": upload, "source": "my list", "lawful_basis": "consent"}
    )
    preview = response["Location"]
    text = owner_client.get(preview).content.decode()
    assert "2 rows can be used" in text
    assert "Line 4: “not an address” is not an e-mail address" in text
    assert not Contact.objects.exists()

    errors = preview.split("?")[0] + "errors.csv?" + preview.split("?")[1]
    file = owner_client.get(errors)
    assert file["Content-Disposition"] == 'attachment; filename="rows-to-mend.csv"'
    assert len(file.content.decode().splitlines()) == 5

    fields = dict(pair.split("=") for pair in preview.split("?")[1].split("&"))
    fields["source"] = "my list"
    with django_capture_on_commit_callbacks(execute=True):
        run = owner_client.post(preview.split("?")[0] + "run/", fields)
    task = BackgroundTask.objects.order_by("-pk").first()
    assert run["Location"] == reverse("accounts:task-detail", args=[task.public_id])
    assert task.status == "done"
    people = list(Contact.objects.order_by("pk"))
    assert [c.email for c in people] == ["ada@harborpay.com", "bert@harborpay.com"]
    assert {c.company.name for c in people} == {"Harbor Pay"}
    assert {c.lawful_basis for c in people} == {"consent"}
    assert {c.workspace_id for c in people} == {workspace.pk}
    # the upload held addresses; it is gone
    assert owner_client.get(preview).status_code == 404


def test_importing_the_same_rows_again_adds_nobody(workspace):
    file = read_file(FILE.encode())
    rows = judge_rows(file, guess_mapping(file.header), source="x", lawful_basis="consent")

    first = contact_files.import_rows(workspace, rows, now=NOW)
    second = contact_files.import_rows(workspace, rows, now=NOW)

    assert (first.created, first.known, first.refused) == (2, 0, 4)
    assert (second.created, second.known, second.refused) == (0, 2, 4)
    assert first.contact_ids == second.contact_ids


def test_a_stranger_cannot_see_an_upload(owner_client, stranger_client, viewer_client, profile):
    upload = SimpleUploadedFile("people.csv", FILE.encode(), "text/csv")
    response = owner_client.post(
        url("contact-import"), {"file": upload, "source": "my list", "lawful_basis": "consent"}
    )

    assert stranger_client.get(response["Location"]).status_code == 404
    assert viewer_client.get(response["Location"]).status_code == 403


def test_what_is_exported_can_be_imported(owner_client, workspace):
    ContactFactory(workspace=workspace, title="=1+1")

    text = owner_client.get(url("contact-export")).content.decode()

    file = read_file(text.encode())
    rows = judge_rows(file, guess_mapping(file.header), source="", lawful_basis="consent")
    assert [row.problem for row in rows] == [""]
    contact = Contact.objects.get()
    assert rows[0].data.email == contact.email
    assert rows[0].data.title == "'=1+1"
