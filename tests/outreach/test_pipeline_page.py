"""The board: cards in columns, moves with their undo, reasons and conflicts; the list and the file (APP-1, APP-7)."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.models import Application, ApplicationEvent
from outreach.board import CARDS_A_COLUMN, ROWS_A_PAGE, columns_of, plain_cell
from tests.factories.jobs import ApplicationFactory, CompanyFactory, JobFactory
from tests.factories.scenes import being_written_to, mailbox_for, package_for, statuses

pytestmark = pytest.mark.django_db

# session, user, memberships, walls (up, down), savepoints (2 × 2); the cards with their counts; nav counts
BOARD_QUERIES = 11
LIST_QUERIES = 11
BOARD = "/pipeline/"
HTMX = {"headers": {"HX-Request": "true"}}


def move(client, application, status, *, seen=None, **data):
    url = reverse("outreach:application-move", args=[application.public_id])
    extra = data.pop("extra", {})
    return client.post(url, {"status": status, "seen": seen or application.status, **data}, **extra)


def stage(application):
    return Application.objects.get(pk=application.pk).status


def test_every_status_has_its_column(profile, workspace):
    for status in Application.Status.values:
        ApplicationFactory(profile=profile, status=status)
    assert [(column.label, column.total) for column in columns_of(workspace)] == [
        ("Saved", 2),
        ("Preparing", 1),
        ("Waiting for you", 1),
        ("Applied", 1),
        ("Replied", 1),
        ("Interview", 1),
        ("Offer", 1),
        ("Closed", 4),
    ]


def test_a_card_says_role_company_next_step_and_days(owner_client, profile):
    ApplicationFactory(
        profile=profile,
        status="applied",
        next_action="Call Ida",
        next_action_date=timezone.now().date(),
        status_changed_at=timezone.now() - timedelta(days=4, hours=1),
        job__company=CompanyFactory(workspace=profile.workspace, name="Northwind"),
    )
    html = owner_client.get(BOARD).content.decode()
    for words in ("Backend Engineer", "Northwind", "Call Ida", "4 days here", "Move…"):
        assert words in html


def test_a_card_without_a_next_step_says_when_its_next_mail_goes(owner_client, profile, workspace):
    person = being_written_to(package_for(profile), mailbox_for(workspace))
    due = person.mails.get(status="scheduled").due_at
    html = owner_client.get(BOARD).content.decode()
    assert "Next mail" in html
    assert f"{due:%H:%M}" in html


def test_a_full_column_shows_its_newest_and_says_how_many(owner_client, profile):
    now = timezone.now()
    for number in range(CARDS_A_COLUMN + 2):
        ApplicationFactory(profile=profile, last_action_at=now - timedelta(hours=number))
    column = owner_client.get(BOARD).context["columns"][0]
    assert (len(column.cards), column.total) == (CARDS_A_COLUMN, CARDS_A_COLUMN + 2)
    moments = [card.last_action_at for card in column.cards]
    assert moments == sorted(moments, reverse=True)
    assert f"All {CARDS_A_COLUMN + 2}" in owner_client.get(BOARD).content.decode()


def test_the_board_costs_the_same_with_more_cards(owner_client, profile, django_assert_num_queries):
    ApplicationFactory(profile=profile)
    with django_assert_num_queries(BOARD_QUERIES):
        owner_client.get(BOARD)
    for status in ("saved", "applied", "offer", "rejected", "ghosted"):
        ApplicationFactory(profile=profile, status=status)
    with django_assert_num_queries(BOARD_QUERIES):
        owner_client.get(BOARD)


def test_an_empty_board_says_what_to_do(owner_client, profile):
    assert "No applications yet" in owner_client.get(BOARD).content.decode()


def test_a_move_forward_is_kept_in_the_history_and_can_be_undone(owner_client, owner, profile):
    application = ApplicationFactory(profile=profile, status="applied")
    done = move(owner_client, application, "interviewing", origin="board")
    assert done.url == BOARD
    assert stage(application) == "interviewing"
    event = ApplicationEvent.objects.get(kind="moved")
    assert (event.from_status, event.to_status, event.actor) == (
        "applied",
        "interviewing",
        owner.user,
    )
    html = owner_client.get(BOARD).content.decode()
    undo = reverse("outreach:application-move-undo", args=[application.public_id])
    assert f'action="{undo}?to=applied&amp;at=interviewing&amp;origin=board"' in html
    owner_client.post(f"{undo}?to=applied&at=interviewing&origin=board")
    assert stage(application) == "applied"
    assert ApplicationEvent.objects.filter(kind="moved").count() == 2


def test_an_htmx_move_answers_the_board_alone_with_the_toast(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="saved")
    response = move(owner_client, application, "applied", origin="board", extra=HTMX)
    html = response.content.decode()
    assert response["HX-Retarget"] == "#pipeline-board"
    assert "<html" not in html
    assert 'id="pipeline-board"' in html
    assert 'hx-swap-oob="innerHTML"' in html
    assert "Backend Engineer moved to Applied" in html
    assert html.count("data-focus") == 1


def test_moving_back_asks_why_and_keeps_the_choice(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="offer")
    asked = move(owner_client, application, "saved", origin="board")
    html = asked.content.decode()
    assert asked.status_code == 422
    assert stage(application) == "offer"
    assert 'name="status" value="saved"' in html
    assert 'name="reason"' in html
    assert "error-summary" not in html
    again = move(owner_client, application, "saved", origin="board", reason="  ")
    assert again.status_code == 422
    assert "error-summary" in again.content.decode()
    move(owner_client, application, "saved", origin="board", reason="They froze hiring")
    assert stage(application) == "saved"
    assert ApplicationEvent.objects.get(kind="moved").text.endswith("They froze hiring")


def test_htmx_is_asked_in_a_dialog(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="offer")
    asked = move(owner_client, application, "saved", origin="board", extra=HTMX)
    assert (asked.status_code, asked["HX-Retarget"], asked["HX-Reswap"]) == (
        422,
        "#dialog",
        "innerHTML",
    )
    html = asked.content.decode()
    assert html.lstrip().startswith("<dialog")
    assert "<html" not in html


def test_closing_asks_how_it_ended(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="applied")
    asked = move(owner_client, application, "closed", origin="board")
    html = asked.content.decode()
    assert asked.status_code == 422
    assert stage(application) == "applied"
    for status in ("accepted", "rejected", "withdrawn", "ghosted"):
        assert f'name="status" value="{status}"' in html


def test_closing_cancels_the_mail_and_its_undo_brings_it_back(owner_client, profile, workspace):
    person = being_written_to(package_for(profile), mailbox_for(workspace))
    application = person.application
    move(owner_client, application, "withdrawn")
    assert statuses(person) == ["sent", "cancelled", "cancelled"]
    undo = reverse("outreach:application-move-undo", args=[application.public_id])
    owner_client.post(f"{undo}?to=applied&at=withdrawn")
    person.refresh_from_db()
    assert stage(application) == "applied"
    assert statuses(person) == ["sent", "scheduled", "approved"]
    assert (person.status, person.stop_reason) == ("active", "")


def test_a_move_that_came_second_shows_both(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="applied")
    Application.objects.filter(pk=application.pk).update(status="replied")
    late = move(owner_client, application, "interviewing", seen="applied", origin="board")
    html = late.content.decode()
    assert late.status_code == 409
    assert stage(application) == "replied"
    assert "it now stands in “Replied”" in html
    assert "You asked for “Interview”" in html
    assert 'name="seen" value="replied"' in html
    assert not ApplicationEvent.objects.filter(kind="moved").exists()
    move(owner_client, application, "interviewing", seen="replied", origin="board")
    assert stage(application) == "interviewing"


def test_an_undo_after_another_move_shows_both(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="offer")
    undo = reverse("outreach:application-move-undo", args=[application.public_id])
    late = owner_client.post(f"{undo}?to=applied&at=interviewing")
    assert late.status_code == 409
    assert stage(application) == "offer"


def test_moving_where_it_stands_changes_nothing(owner_client, profile):
    application = ApplicationFactory(profile=profile, status="applied")
    assert move(owner_client, application, "applied").status_code == 302
    assert not ApplicationEvent.objects.filter(kind="moved").exists()


@pytest.mark.parametrize("status", ["", "nonsense", "discovered"])
def test_a_stage_that_does_not_exist_is_asked_again(owner_client, profile, status):
    application = ApplicationFactory(profile=profile, status="applied")
    assert move(owner_client, application, status).status_code == 422
    assert stage(application) == "applied"


def test_a_stranger_finds_nothing_and_a_viewer_moves_nothing(
    stranger_client, viewer_client, profile
):
    application = ApplicationFactory(profile=profile, status="applied")
    undo = reverse("outreach:application-move-undo", args=[application.public_id])
    assert move(stranger_client, application, "offer").status_code == 404
    assert stranger_client.post(f"{undo}?to=saved&at=applied").status_code == 404
    assert "Backend Engineer" not in stranger_client.get(BOARD).content.decode()
    assert "Backend Engineer" not in stranger_client.get("/pipeline/export/").content.decode()
    assert move(viewer_client, application, "offer").status_code == 403
    assert viewer_client.post(f"{undo}?to=saved&at=applied").status_code == 403
    html = viewer_client.get(BOARD).content.decode()
    assert "Backend Engineer" in html
    assert "Move…" not in html
    assert "data-drag" not in html
    assert stage(application) == "applied"


def test_the_list_pages_by_keyset_without_repeats(owner_client, profile, django_assert_num_queries):
    now = timezone.now()
    made = [
        ApplicationFactory(profile=profile, last_action_at=now - timedelta(minutes=number // 3))
        for number in range(ROWS_A_PAGE + 7)
    ]
    with django_assert_num_queries(LIST_QUERIES):
        first = owner_client.get(f"{BOARD}?view=table")
    with django_assert_num_queries(LIST_QUERIES):
        second = owner_client.get(BOARD + first.context["next_url"])
    seen = [row.pk for page in (first, second) for row in page.context["page"].rows]
    assert len(seen) == len(set(seen)) == len(made)
    assert second.context["next_url"] == ""
    with django_assert_num_queries(LIST_QUERIES - 1):
        more = owner_client.get(BOARD + first.context["next_url"], **HTMX).content.decode()
    assert more.count("<tr") == 7
    assert "<html" not in more
    assert "<table" not in more


def test_the_list_filters_by_stage_and_words(owner_client, profile, workspace):
    ApplicationFactory(profile=profile, status="offer")
    ApplicationFactory(
        profile=profile,
        status="applied",
        job=JobFactory(workspace=workspace, title="Data Engineer"),
    )
    offer = owner_client.get(f"{BOARD}?view=table&stage=offer")
    assert [row.status for row in offer.context["page"].rows] == ["offer"]
    data = owner_client.get(f"{BOARD}?view=table&q=data", **HTMX).content.decode()
    assert "Data Engineer" in data
    assert "Backend Engineer" not in data
    assert "<form" not in data
    none = owner_client.get(f"{BOARD}?view=table&q=zzz").content.decode()
    assert "Nothing found" in none
    assert owner_client.get(f"{BOARD}?view=table&after=nonsense~x&stage=nope").status_code == 200


def test_the_file_holds_the_filtered_list_and_runs_in_no_spreadsheet(
    owner_client, profile, workspace
):
    bad = JobFactory(workspace=workspace, title='=HYPERLINK("http://x.test","y")')
    ApplicationFactory(
        profile=profile, status="offer", job=bad, next_action="@SUM(1)", match_score=81
    )
    ApplicationFactory(profile=profile, status="saved")
    response = owner_client.get("/pipeline/export/?stage=offer")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert len(rows) == 1
    assert rows[0]["Role"] == "'" + bad.title
    assert rows[0]["Next action"] == "'@SUM(1)"
    assert (rows[0]["Stage"], rows[0]["Match"], rows[0]["Reply"]) == ("Offer", "81", "Waiting")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("plain = text", "plain = text"),
        (None, ""),
        (0, "0"),
    ],
)
def test_cells_are_text(value, cell):
    assert plain_cell(value) == cell
