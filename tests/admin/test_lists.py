"""Lists: what a look costs, search by exact terms, filters that answer questions."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.auditing import record
from accounts.models import AuditEntry, BackgroundTask
from mailboxes.models import (
    DeliveryEvent,
    DomainCheck,
    InboundMessage,
    Mailbox,
    MailboxDay,
    ProviderDelivery,
    SendingDomain,
    Suppression,
)
from outreach.models import Message
from tests.factories.operations import (
    list_url,
    mailbox_for,
    pages,
)
from tests.factories.outreach import MailboxFactory, MessageFactory

pytestmark = pytest.mark.django_db


def test_lists_cost_the_same_for_one_row_and_for_many(
    staff_client, message, django_assert_num_queries
):
    with django_assert_num_queries(6):
        staff_client.get(list_url(Message))
    for _ in range(5):
        mailbox_for(MessageFactory(scheduled=True))
    Message.objects.update(mailbox=Mailbox.objects.first())
    with django_assert_num_queries(6):
        page = staff_client.get(list_url(Message))
    assert page.context["cl"].result_count == 6


def test_no_list_counts_or_skips_rows(staff_client, world, message):
    read = 0
    for page in pages():
        with CaptureQueriesContext(connection) as captured:
            assert staff_client.get(list_url(page.model)).status_code == 200
        rows = [
            query["sql"] for query in captured if f'FROM "{page.opts.db_table}"' in query["sql"]
        ]
        assert rows, page
        assert not [sql for sql in rows if sql.startswith("SELECT COUNT(") or " OFFSET " in sql]
        assert any(sql.endswith("LIMIT 51") for sql in rows), page
        read += 1
    assert read > 20


def numbers(page) -> list[int]:
    return [row.pk for row in page.context["cl"].result_list]


def walk(client, url: str, link: str, query: str = "") -> list[list[int]]:
    """Follow one kind of link from page to page until there is none."""
    found = []
    for _ in range(20):
        page = client.get(f"{url}{query}")
        found.append(numbers(page))
        query = getattr(page.context["cl"], link)
        if not query:
            return found
    raise AssertionError("The links go on for ever.")


def test_every_row_is_on_exactly_one_page_in_both_directions(operator_client, workspace):
    rows = [record("x.y", workspace, actor=None, reason=f"No. {n}").pk for n in range(120)]
    url = list_url(AuditEntry)

    forth = walk(operator_client, url, "next_url")
    back = walk(operator_client, url, "previous_url", f"?after={rows[20]}")

    assert forth == [rows[:69:-1], rows[69:19:-1], rows[19::-1]]
    assert [len(page) for page in back] == [20, 50, 50]
    assert sorted(pk for page in back for pk in page) == rows


def test_rows_that_come_meanwhile_neither_repeat_nor_hide_others(operator_client, workspace):
    rows = [record("x.y", workspace, actor=None, reason=f"No. {n}").pk for n in range(60)]
    first = operator_client.get(list_url(AuditEntry))
    newer = record("x.y", workspace, actor=None, reason="Meanwhile.").pk

    second = operator_client.get(f"{list_url(AuditEntry)}{first.context['cl'].next_url}")

    assert numbers(first) + numbers(second) == rows[::-1]
    assert newer not in numbers(second)


def test_pages_keep_filters_and_search_and_filters_forget_the_page(operator_client, workspace):
    for number in range(110):
        record("x.y" if number % 2 else "x.z", workspace, actor=None, reason="Again.")
    url = list_url(AuditEntry)

    first = operator_client.get(url, {"verb_is": "x.y"})
    second = operator_client.get(f"{url}{first.context['cl'].next_url}")
    page = second.content.decode()

    assert first.context["cl"].next_url == f"?after={numbers(first)[-1]}&verb_is=x.y"
    assert (len(numbers(first)), len(numbers(second))) == (50, 5)
    assert set(AuditEntry.objects.filter(pk__in=numbers(second)).values_list("verb")) == {("x.y",)}
    assert second.context["cl"].next_url == ""
    assert second.context["cl"].first_url == "?verb_is=x.y"
    assert 'name="after"' not in page
    assert page.count("after=") == 0


@pytest.mark.parametrize("cursor", ["after=x", "before=", "after=-1", "after=9223372036854775808"])
def test_a_broken_cursor_is_no_cursor(operator_client, message, cursor):
    page = operator_client.get(f"{list_url(Message)}?{cursor}")

    assert page.status_code == 200
    assert numbers(page) == [message.pk]


def test_no_address_can_choose_another_order(operator_client, workspace):
    rows = [record("x.y", workspace, actor=None, reason=f"No. {n}").pk for n in range(3)]

    page = operator_client.get(f"{list_url(AuditEntry)}?o=1.2")

    assert numbers(page) == rows[::-1]


def test_lists_are_short_and_narrow(rf, operator):
    request = rf.get("/ops/")
    request.user = operator
    for page in pages():
        assert page.list_per_page == 50
        # The row's buttons are not a column of figures.
        assert len(page.get_list_display(request)[:-1]) <= 10, page
        assert page.show_full_result_count is False


def test_search_is_by_exact_number_id_and_hash(operator_client, message):
    other = MessageFactory(scheduled=True)

    def found(term: str) -> list[int]:
        page = operator_client.get(list_url(Message), {"q": term})
        return [row.pk for row in page.context["cl"].result_list]

    assert found(str(message.pk)) == [message.pk]
    assert found(str(message.public_id)) == [message.pk]
    assert found(other.recipient.upper()) == [other.pk]
    assert found(other.message_id.strip("<>")) == [other.pk]
    assert found(other.recipient_hash) == [other.pk]
    Message.objects.filter(pk=other.pk).update(provider_id="4Xy9Z1")
    assert found("4Xy9Z1") == [other.pk]
    assert found("northwind") == []
    assert found("'; DROP TABLE outreach_message; --") == []
    assert found("9" * 40) == []


def test_filters_answer_questions(operator_client):
    now = timezone.now()
    stuck = MessageFactory(scheduled=True, due_at=now - timedelta(minutes=16))
    tried = MessageFactory(scheduled=True, due_at=now - timedelta(minutes=16))
    soon = MessageFactory(scheduled=True, due_at=now + timedelta(minutes=30))
    late = MessageFactory(scheduled=True, due_at=now - timedelta(hours=25))
    Message.objects.filter(pk=tried.pk).update(first_attempt_at=now, smtp_code=451)

    def found(**query: str) -> set[int]:
        page = operator_client.get(list_url(Message), query)
        return {row.pk for row in page.context["cl"].result_list}

    assert found(stuck="yes") == {stuck.pk, late.pk}
    assert found(due="overdue") == {stuck.pk, tried.pk, late.pk}
    assert found(due="hour") == {soon.pk}
    assert found(due="late") == {late.pk}
    assert found(code="4") == {tried.pk}
    assert found(code="5") == set()
    assert found(to_domain="NORTHWIND.test") == {stuck.pk, tried.pk, soon.pk, late.pk}
    assert found(workspace_number=str(soon.workspace_id)) == {soon.pk}
    assert found(mailbox_number="x") == set()


def test_mailbox_filters(operator_client):
    good = MailboxFactory(health=90)
    low = MailboxFactory(health=60)
    bad = MailboxFactory(health=10, status="paused", status_reason="x", paused_by_staff=True)

    def found(**query: str) -> set[int]:
        page = operator_client.get(list_url(Mailbox), query)
        return {row.pk for row in page.context["cl"].result_list}

    assert found(health_band="good") == {good.pk}
    assert found(health_band="low") == {low.pk}
    assert found(health_band="bad") == {bad.pk}
    braked = MailboxFactory(
        health=80, status="paused", status_reason="Bounces of 6 %.", braked_at=timezone.now()
    )
    warming = MailboxFactory(
        health=80,
        status="warmup",
        ramp_days=4,
        address="w@warm.test",
        provider="smtp",
        is_sandbox=False,
        last_ok_at=timezone.now(),
    )
    assert found(paused_by="staff") == {bad.pk}
    assert found(paused_by="brake") == {braked.pk}
    assert found(paused_by="person") == set()
    assert found(cause="bounces of") == {braked.pk}
    assert found(ramp="7") == {warming.pk}
    assert found(ramp="3") == set()
    assert found(ramp="done") == {good.pk, low.pk, bad.pk, braked.pk}
    assert found(last_ok="24") == {good.pk, low.pk, bad.pk, braked.pk}
    Mailbox.objects.filter(pk__in=[braked.pk, warming.pk]).delete()
    assert found(status__exact="active") == {good.pk, low.pk}
    assert found(domain="sandbox.test") == {good.pk, low.pk, bad.pk}
    assert found(domain="andbox.test") == set()


def test_a_mailbox_tells_how_it_fares_in_one_line(operator_client):
    today = timezone.now().date()
    box = MailboxFactory(
        address="olga@firm.test",
        provider="smtp",
        is_sandbox=False,
        status="warmup",
        ramp_days=4,
        health=64,
        health_reasons=[{"key": "bounces", "points": -3, "sentence": "Two of 40 mails bounced."}],
        last_error="The server answered 550 5.7.1 to MAIL FROM.",
    )
    for age, sent, bounced, complained in ((0, 4, 0, 0), (3, 36, 2, 1), (8, 100, 50, 0)):
        MailboxDay.objects.create(
            workspace=box.workspace,
            mailbox=box,
            day=today - timedelta(days=age),
            cap=10,
            reserved=10 if sent < 10 else 0,
            sent=sent if sent < 10 else 0,
            bounced=bounced,
            complained=complained,
        )
    domain = SendingDomain.objects.create(workspace=box.workspace, domain="firm.test")
    for kind, verdict, minutes in (("spf", "missing", 9), ("spf", "ok", 1), ("dkim", "failed", 5)):
        DomainCheck.objects.create(
            workspace=box.workspace,
            sending_domain=domain,
            kind=kind,
            verdict=verdict,
            name="firm.test",
            sentence="So it is.",
            checked_at=timezone.now() - timedelta(minutes=minutes),
        )
    for auto_reply in ("human", "out_of_office"):
        InboundMessage.objects.create(
            workspace=box.workspace,
            mailbox=box,
            source="generic",
            raw=b"",
            raw_sha256=auto_reply,
            auto_reply=auto_reply,
            received_at=timezone.now(),
        )

    row = next(row for row in operator_client.get(list_url(Mailbox)).context["cl"].result_list)
    figures = row.figures

    assert (figures.sent_today, figures.cap_today, figures.sent) == (4, 10, 4)
    assert (figures.bounced, figures.complained, figures.replies) == (2, 1, 1)
    assert figures.dns == {"spf": "ok", "dkim": "failed"}
    page = unescape(operator_client.get(list_url(Mailbox)).content.decode())
    for text in (
        "Warming up, 64 low: Two of 40 mails bounced.",
        "SPF good, DKIM wrong, DMARC not asked",
        "day 5 of 30",
        "4 of 10",
        "2 (50.0%), 1 (25.0%), 1",
        "550 5.7.1",
    ):
        assert text in page, text


def test_a_message_tells_where_it_stands_in_one_line(operator_client, message):
    now = timezone.now()
    Message.objects.filter(pk=message.pk).update(
        due_at=now - timedelta(minutes=5), smtp_code=451, provider_id="", attempts=2
    )
    version = message.step.version

    page = unescape(operator_client.get(list_url(Message)).content.decode())

    assert "Scheduled" in page
    assert f"Sequence {version.sequence_id} v{version.number}, step 1" in page
    assert ">451<" in page
    assert ">5 min<" in page
    assert ">northwind.test<" in page


def test_a_post_tells_what_came_of_it_in_one_line(operator_client, message):
    now = timezone.now()
    door = Mailbox.objects.get().endpoints.get()
    post = ProviderDelivery.objects.create(
        workspace=message.workspace,
        endpoint=door,
        provider="generic",
        body=b"x" * 2048,
        body_sha256="1" * 64,
        signature_verdict="hmac-sha256",
        status="applied",
        attempts=1,
        received_at=now - timedelta(seconds=9),
        applied_at=now - timedelta(seconds=6),
    )
    for kind in ("bounced", "delivered", "bounced"):
        DeliveryEvent.objects.create(
            workspace=message.workspace,
            delivery=post,
            endpoint=door,
            event_id=f"{kind}{DeliveryEvent.objects.count()}",
            type=kind,
            occurred_at=now,
        )
    page = unescape(operator_client.get(list_url(ProviderDelivery)).content.decode())

    for text in (">bounced, delivered<", ">3 s<", ">hmac-sha256<", "2.0\xa0KB"):
        assert text in page, text
    for query, count in (
        ({"event": "bounced"}, 1),
        ({"event": "opened"}, 0),
        ({"from_provider": "generic"}, 1),
        ({"signature": "none"}, 0),
    ):
        found = operator_client.get(list_url(ProviderDelivery), query)
        assert len(numbers(found)) == count, query


def test_tasks_suppressions_and_the_trail_answer_questions(operator_client, operator, workspace):
    now = timezone.now()
    task = {"workspace": workspace, "title": "T", "status": "failed", "finished_at": now}
    ferry = BackgroundTask.objects.create(**task, kind="ferry", error="No model.", attempts=2)
    BackgroundTask.objects.create(**task, kind="import", error="No answer.")
    closed = Suppression.objects.create(
        scope="platform", address_hash="ab" * 32, reason="complaint", source="generic event 1"
    )
    mine = record("x.y", workspace, actor=operator, reason="Mine.", before={"a": 1}, after={"a": 2})
    record("x.y", workspace, actor=None, reason="Its own.")

    def found(model, **query: str) -> list[int]:
        return numbers(operator_client.get(list_url(model), query))

    assert found(BackgroundTask, error_is="no model") == [ferry.pk]
    assert found(BackgroundTask, name_is="ferry") == [ferry.pk]
    assert len(found(BackgroundTask, failed="hour")) == 2
    assert found(Suppression, q="AB" * 32) == [closed.pk]
    assert found(Suppression, standing="asked") == []
    assert found(AuditEntry, actor_is=operator.email.upper()) == [mine.pk]
    assert found(AuditEntry, actor_is="RoleFerry") != [mine.pk]
    assert "a: 1 → 2" in operator_client.get(list_url(AuditEntry)).content.decode()


def test_due_mail_is_looked_up_by_number_and_not_merged_with_the_whole_table(
    operator_client, message
):
    for query in ({"due": "overdue"}, {"due": "day"}, {"due": "late"}, {"stuck": "yes"}):
        with CaptureQueriesContext(connection) as captured:
            operator_client.get(list_url(Message), query)
        [rows] = [one["sql"] for one in captured if 'FROM "outreach_message"' in one["sql"]]
        assert '"outreach_message"."id" = ANY(ARRAY(SELECT' in rows, query
        assert " IN (SELECT" not in rows, query


def test_related_rows_are_linked_without_being_read(operator_client, message):
    with CaptureQueriesContext(connection) as captured:
        page = operator_client.get(list_url(Message)).content.decode()

    assert f">Mailbox {message.mailbox_id or Message.objects.get().mailbox_id}</a>" in page
    assert f">Workspace {message.workspace_id}</a>" in page
    [rows] = [one["sql"] for one in captured if 'FROM "outreach_message"' in one["sql"]]
    assert "mailboxes_mailbox" not in rows
    assert "accounts_workspace" not in rows
