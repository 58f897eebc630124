"""Answers: who gave them, what they change, once, and back again (A-29 D1 to D3, D6, D20; B-5 D1, D4, D14)."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import AuditEntry, Notification
from jobs.models import ApplicationEvent
from mailboxes.composing import reply_address
from mailboxes.inbound import store_inbound
from mailboxes.models import InboundMessage, Suppression
from outreach import hearing, replies
from outreach.models import Reply
from outreach.tasks import apply_mail_news
from tests.factories.jobs import CompanyFactory
from tests.factories.outreach import PackageFactory, WebhookEndpointFactory
from tests.factories.scenes import being_written_to, first_mail, mailbox_for, package_for, statuses
from tests.fakes.webhooks import delivery_report, hear, inbound, mail

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
def mailbox(workspace):
    return mailbox_for(workspace)


@pytest.fixture
def package(profile):
    return package_for(profile)


@pytest.fixture
def maria(package, mailbox):
    return being_written_to(package, mailbox, email="maria@northwind.test")


@pytest.fixture
def piet(package, mailbox):
    return being_written_to(package, mailbox, email="piet@northwind.test", first_name="Piet")


def answer(enrollment, text="Yes, let us talk next week.", *, sender=None, **headers):
    """Receive an answer to the first mail and apply it."""
    headers.setdefault("in_reply_to", first_mail(enrollment).message_id)
    raw = mail(text, sender=sender or enrollment.contact.email, **headers)
    return receive(enrollment.workspace, raw, enrollment.mailbox)


def receive(workspace, raw, mailbox):
    row, _, _ = store_inbound(workspace, raw, source="test", mailbox=mailbox, received_at=NOW)
    return replies.apply_inbound(row.pk, now=NOW)


def fresh(*rows):
    for row in rows:
        row.refresh_from_db()
    return rows[0] if len(rows) == 1 else rows


def test_one_answer_has_all_its_effects_at_once(maria, piet):
    reply = answer(maria, "Hello Olga,\n\nyes, let us talk on Monday.\n\n> your mail\n")
    fresh(maria, piet, maria.application)
    assert (reply.matched_by, reply.kind, reply.is_human) == ("references", "meeting", True)
    assert (reply.confidence, reply.evidence) == (0.85, "yes, let us talk on Monday.")
    assert (maria.status, maria.stop_reason, maria.stopped_at) == ("stopped", "replied", NOW)
    assert statuses(maria) == ["sent", "cancelled", "cancelled"]
    assert list(maria.mails.order_by("pk").values_list("cancelled_from", flat=True)) == [
        "",
        "scheduled",
        "approved",
    ]
    assert first_mail(maria).replied_at == NOW
    assert (piet.status, piet.stop_reason, piet.held_until) == ("held", "colleague_replied", None)
    assert statuses(piet) == ["sent", "scheduled", "approved"]
    assert (maria.application.status, maria.application.reply_status) == ("replied", "replied")
    line = ApplicationEvent.objects.get(kind="replied")
    assert line.text == "Maria Marin answered: “Hello Olga, yes, let us talk on Monday.”"
    assert Notification.objects.get().text == line.text
    assert [effect["kind"] for effect in reply.effects] == [
        "stopped",
        "held",
        "answered",
        "moved",
        "reply_status",
        "proposal",
    ]
    assert reply.effects[-1]["to"] == "interviewing"


def test_only_the_person_who_answered_stops(maria, piet):
    """A-29 D2: the answer belongs to its sender, not to the last mail of the mailbox."""
    answer(piet)
    fresh(maria, piet)
    assert (piet.status, maria.status) == ("stopped", "held")
    assert statuses(maria) == ["sent", "scheduled", "approved"]
    assert first_mail(maria).replied_at is None


def test_a_held_colleague_gets_no_mail_until_someone_decides(maria, piet):
    piet.mails.filter(step_number=2).update(
        status="claimed", lease_until=NOW, lease_epoch=7, mailbox=piet.mailbox
    )
    answer(maria)
    taken_back = piet.mails.get(step_number=2)
    assert (taken_back.status, taken_back.lease_epoch) == ("scheduled", None)
    assert taken_back.status_reason == "On hold: A colleague answered."


def test_people_of_another_company_or_workspace_go_on(maria, profile, mailbox, stranger):
    """Acceptance D14: Meta is not Metaverse."""
    meta = CompanyFactory(workspace=profile.workspace, name="Meta", normalized_name="meta")
    verse = CompanyFactory(
        workspace=profile.workspace, name="Metaverse", normalized_name="metaverse"
    )
    first = being_written_to(package_for(profile), mailbox, company=meta, email="anna@meta.test")
    second = being_written_to(
        package_for(profile), mailbox, company=verse, email="anna@metaverse.test"
    )
    elsewhere = being_written_to(
        PackageFactory(application__profile__workspace=stranger.workspace),
        mailbox_for(stranger.workspace),
        email="anna@meta.test",
    )
    answer(first)
    fresh(first, second, elsewhere, maria)
    assert first.status == "stopped"
    assert [row.status for row in (second, elsewhere, maria)] == ["active"] * 3
    assert statuses(second) == statuses(elsewhere) == ["sent", "scheduled", "approved"]


def test_another_application_at_the_same_company_is_held_too(maria, profile, mailbox):
    company = maria.contact.company
    other = being_written_to(
        package_for(profile, application__job__company=company), mailbox, email="x@northwind.test"
    )
    answer(maria)
    fresh(other, other.application)
    assert (other.status, other.application.status) == ("held", "applied")


def test_references_alone_are_enough_and_the_newest_counts(maria):
    second = maria.mails.get(step_number=2)
    named = f"<unknown@x.test> {first_mail(maria).message_id} {second.message_id}"
    reply = answer(maria, in_reply_to="<nobody@x.test>", references=named)
    assert (reply.message, reply.matched_by) == (second, "references")


def test_the_tokenised_reply_address_stops_the_sequence(maria):
    """A-29 D1, also when somebody else answers from another address."""
    to = reply_address("olga@sandbox.test", first_mail(maria).public_id.hex)
    raw = mail("Maria has forwarded this to me.", sender="assistant@northwind.test", to=to)
    reply = receive(maria.workspace, raw, maria.mailbox)
    assert (reply.matched_by, reply.enrollment) == ("token", maria)
    assert fresh(maria).status == "stopped"


def test_sender_and_mailbox_alone_match_with_low_confidence(maria, mailbox):
    reply = receive(maria.workspace, mail("Let us talk on Monday."), mailbox)
    assert (reply.matched_by, reply.enrollment, reply.confidence) == ("address", maria, 0.4)
    assert fresh(maria).status == "stopped"
    assert fresh(maria.application).status == "replied"


def test_an_address_in_two_applications_only_suggests_the_move(maria, profile, mailbox):
    other = being_written_to(
        package_for(profile, application__job__company=maria.contact.company),
        mailbox,
        email="maria@northwind.test",
        company=CompanyFactory(workspace=profile.workspace),
    )
    reply = receive(maria.workspace, mail("Let us talk."), mailbox)
    fresh(maria.application, other.application)
    assert [maria.application.status, other.application.status] == ["applied", "applied"]
    assert {"kind": "proposal", "to": "replied"} in reply.effects


def test_a_known_company_name_or_another_mailbox_matches_nothing(maria, stranger):
    raw = mail("From Northwind", sender="someone@northwind.test", subject="Northwind")
    assert receive(maria.workspace, raw, maria.mailbox) is None
    other = mailbox_for(stranger.workspace)
    assert receive(stranger.workspace, mail("Hello", to="sam@sandbox.test"), other) is None
    assert InboundMessage.objects.filter(outcome="answers no mail of ours").count() == 2
    assert fresh(maria).status == "active"


def test_an_answer_that_names_another_tenants_mail_touches_nothing(maria, stranger):
    raw = mail(in_reply_to=first_mail(maria).message_id)
    assert receive(stranger.workspace, raw, mailbox_for(stranger.workspace)) is None
    assert fresh(maria).status == "active"
    assert not Reply.objects.exists()


def test_our_own_copy_is_no_answer(maria):
    assert answer(maria, sender="olga@sandbox.test") is None
    assert InboundMessage.objects.get().outcome == "our own mail"
    assert fresh(maria).status == "active"


def test_a_bounce_is_never_an_answer(maria):
    raw = delivery_report(about=first_mail(maria).message_id, recipient=maria.contact.email)
    assert receive(maria.workspace, raw, maria.mailbox) is None
    assert InboundMessage.objects.get().outcome == "delivery report"
    assert fresh(maria).status == "active"
    assert fresh(maria.application).status == "applied"


def test_an_absence_holds_until_the_day_after_the_return_and_moves_nothing(maria, piet):
    """A-29 D3. Thursday 3 December is the return, so Friday at nine in the person's zone."""
    maria.contact.time_zone = "Europe/Amsterdam"
    maria.contact.save()
    reply = answer(
        maria,
        "I am out of the office until 3 December 2026.",
        subject="Automatic reply: About the backend role",
        auto_submitted="auto-replied",
    )
    fresh(maria, piet, maria.application)
    assert (reply.kind, reply.is_human) == ("out_of_office", False)
    assert (maria.status, maria.stop_reason) == ("held", "out_of_office")
    assert maria.held_until == datetime(2026, 12, 4, 8, tzinfo=UTC)
    assert statuses(maria) == ["sent", "scheduled", "approved"]
    assert (maria.application.status, maria.application.reply_status) == ("applied", "pending")
    assert piet.status == "active"
    assert first_mail(maria).replied_at is None
    assert not Notification.objects.exists()


def test_a_return_on_friday_waits_over_the_weekend(maria):
    answer(maria, "I am away until 4 December.", auto_submitted="auto-replied")
    assert fresh(maria).held_until == datetime(2026, 12, 7, 9, tzinfo=UTC)


def test_an_absence_without_a_date_holds_for_14_days(maria):
    answer(maria, "I am out of the office.", auto_submitted="auto-replied")
    assert fresh(maria).held_until == NOW + timedelta(days=14)


def test_practice_waits_seconds(maria):
    maria.workspace.pace = "practice"
    maria.workspace.save()
    answer(maria, "I am out of the office until 3 December.", auto_submitted="auto-replied")
    assert fresh(maria).held_until == NOW + timedelta(seconds=20)


def test_another_machines_answer_changes_nothing(maria):
    reply = answer(maria, "We have received your message.", auto_submitted="auto-replied")
    assert (reply.kind, reply.is_human, reply.effects) == ("automatic", False, [])
    assert fresh(maria).status == "active"


def test_a_human_answer_after_an_absence_stops_for_good(maria):
    answer(maria, "I am out of the office.", auto_submitted="auto-replied")
    answer(maria, "Back again, let us talk.")
    assert (fresh(maria).status, maria.stop_reason) == ("stopped", "replied")


def test_an_answer_after_the_last_mail_still_counts(maria):
    maria.mails.exclude(step_number=1).delete()
    maria.status = "finished"
    maria.save()
    answer(maria)
    assert fresh(maria).status == "stopped"
    assert fresh(maria.application).status == "replied"


def test_an_answer_never_pulls_an_application_back(maria):
    maria.application.status = "offer"
    maria.application.save()
    reply = answer(maria)
    assert fresh(maria.application).status == "offer"
    assert "moved" not in [effect["kind"] for effect in reply.effects]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Please remove me from your list.", "Re: About the backend role"),
        ("Bitte schreiben Sie mir nicht mehr an. Keine weiteren E-Mails!", "Re: x"),
        ("", "unsubscribe"),
    ],
)
def test_asking_to_stop_in_words_closes_the_address(maria, text, subject):
    reply = answer(maria, text, subject=subject)
    row = Suppression.objects.get()
    assert (reply.kind, row.reason, row.scope) == ("unsubscribe", "asked", "workspace")
    assert row.workspace == maria.workspace
    assert (fresh(maria).status, maria.stop_reason) == ("stopped", "unsubscribed")


def test_a_rejection_is_only_a_proposal(maria):
    reply = answer(maria, "Unfortunately the position has been filled.")
    assert reply.kind == "rejected"
    assert fresh(maria.application).status == "replied"
    assert {"kind": "proposal", "to": "rejected"} in reply.effects
    assert statuses(maria) == ["sent", "cancelled", "cancelled"]


def test_undo_puts_everything_back_once(maria, piet, owner):
    reply = answer(maria, "Please stop writing to me.")
    assert replies.undo_reply(reply, actor=owner.user, now=NOW) is True
    assert replies.undo_reply(reply, actor=owner.user, now=NOW) is False
    fresh(maria, piet, maria.application)
    assert [row.status for row in (maria, piet)] == ["active", "active"]
    assert (maria.stop_reason, maria.stopped_at, piet.stop_reason) == ("", None, "")
    assert statuses(maria) == statuses(piet) == ["sent", "scheduled", "approved"]
    assert (maria.application.status, maria.application.reply_status) == ("applied", "pending")
    assert first_mail(maria).replied_at is None
    assert Suppression.objects.get().released_at == NOW
    assert AuditEntry.objects.get().verb == "suppression.withdraw"
    assert reply.undone_at == NOW
    assert ApplicationEvent.objects.filter(kind="undone").count() == 1


def test_undo_leaves_what_a_graver_cause_has_stopped(maria, owner):
    reply = answer(maria)
    hear(
        WebhookEndpointFactory(mailbox=maria.mailbox, workspace=maria.workspace),
        [
            {
                "event_id": "c",
                "type": "complained",
                "timestamp": NOW.isoformat(),
                "message_id": first_mail(maria).message_id,
                "recipient": maria.contact.email,
            }
        ],
    )
    hearing.hear_all(now=NOW)
    replies.undo_reply(reply, actor=owner.user, now=NOW)
    assert (fresh(maria).status, maria.stop_reason) == ("stopped", "complained")
    assert statuses(maria)[1:] == ["cancelled", "cancelled"]


def test_undo_makes_a_draft_of_what_lost_its_approval(maria, owner):
    reply = answer(maria)
    approval = maria.package.approvals.get()
    approval.voided_at, approval.void_reason = NOW, "edited"
    approval.save()
    replies.undo_reply(reply, actor=owner.user, now=NOW)
    assert statuses(maria) == ["sent", "draft", "draft"]


def test_a_read_mail_and_a_repeat_count_once(maria):
    """A-29 D20: what counts is the mail, not whether somebody read it elsewhere; ten tellings are one."""
    endpoint = WebhookEndpointFactory(mailbox=maria.mailbox, workspace=maria.workspace)
    raw = mail(in_reply_to=first_mail(maria).message_id)
    for number in range(10):
        hear(endpoint, [inbound(raw, number=number)])
        apply_mail_news()
    assert Reply.objects.count() == Notification.objects.count() == 1
    assert InboundMessage.objects.get().outcome == "reply: meeting"


@pytest.mark.django_db(transaction=True)
def test_a_hundred_copies_at_once_have_one_effect(maria, piet):
    pks = []
    for number in range(2):
        sender = (maria, piet)[number]
        raw = mail(sender=sender.contact.email, in_reply_to=first_mail(sender).message_id)
        row, _, _ = store_inbound(
            maria.workspace, raw, source="test", mailbox=maria.mailbox, received_at=NOW
        )
        pks.append(row.pk)

    def work(order):
        try:
            for pk in order * 10:
                hearing.hear_inbound(pk, now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(pks[:: (-1) ** n],)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hearing.hear_all(now=NOW)
    assert Reply.objects.count() == 2
    assert ApplicationEvent.objects.filter(kind="replied").count() == 2
    assert ApplicationEvent.objects.filter(kind="moved").count() == 1
    assert [row.status for row in fresh(maria, piet)] == ["stopped", "stopped"]
    assert date(2026, 11, 21) == first_mail(maria).replied_at.date()
