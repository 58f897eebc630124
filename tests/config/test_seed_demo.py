"""The sample workspace: complete, honest, made once, taken away without a trace."""

from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as live_settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEntry, Notification, Profile, Resume, User, Workspace
from config.demo import making, people
from config.demo.postings import load_postings
from jobs.models import Application, ApplicationEvent, Company, Job, JobMatch, Source
from jobs.scoring import band_of
from mailboxes.dns_checks import due_domains, latest_checks
from mailboxes.models import (
    DeliveryEvent,
    DomainCheck,
    InboundMessage,
    Mailbox,
    MailboxDay,
    SendingDomain,
    Suppression,
)
from outreach.interviews import interviews_of
from outreach.models import Approval, Contact, Enrollment, Message, Package, Reply
from tests.factories.accounts import UserFactory, WorkspaceFactory
from tests.factories.jobs import ApplicationFactory

TENANT_ROWS = (Job, Application, Contact, Message, Reply, Package, Resume, Mailbox, InboundMessage)


@pytest.fixture
def shown(settings):
    settings.SHOW_DEMO_LOGIN = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_refuses_where_the_passwords_would_be_public(db, settings):
    settings.SHOW_DEMO_LOGIN = False

    with pytest.raises(CommandError, match="passwords that everyone knows"):
        call_command("seed_demo")

    assert User.objects.count() == 0
    assert Workspace.objects.count() == 0


def test_never_removes_another_workspace(db):
    workspace = WorkspaceFactory(is_demo=False)

    with pytest.raises(ValueError, match="Only the sample workspace"):
        making.remove_workspace(workspace)

    assert Workspace.objects.filter(pk=workspace.pk).exists()


def test_every_opening_is_different_and_belongs_to_a_board():
    postings = load_postings()

    assert len(postings) == 40
    assert len({posting.id for posting in postings}) == 40
    assert {posting.board for posting in postings} == {"greenhouse", "lever", "ashby"}
    assert sum(posting.is_closed for posting in postings) == 2


def test_makes_everything_once_and_takes_it_away(db, shown, capsys):
    other = ApplicationFactory()
    call_command("seed_demo")

    anna = User.objects.get(email=live_settings.DEMO_LOGIN_EMAIL)
    workspace = making.demo_workspace(anna)
    assert anna.check_password(live_settings.DEMO_PASSWORD)
    assert not anna.is_staff
    assert (workspace.pace, workspace.sender_name) == ("practice", "Anna Keller")
    operator = User.objects.get(email=live_settings.ADMIN_EMAIL)
    assert operator.is_staff
    assert operator.is_superuser
    check_profile(workspace)
    check_openings(workspace)
    check_applications(workspace)
    check_mail(workspace)
    check_packages(workspace)

    before = {model: model.objects.count() for model in TENANT_ROWS}
    call_command("seed_demo")
    assert {model: model.objects.count() for model in TENANT_ROWS} == before
    assert "there already" in capsys.readouterr().out

    files = [resume.file.name for resume in Resume.objects.filter(workspace=workspace)]
    making.remove_workspace(workspace)
    assert Workspace.objects.filter(is_demo=True).count() == 0
    for model in TENANT_ROWS:
        assert model.objects.filter(workspace_id=workspace.pk).count() == 0
    assert Application.objects.get().pk == other.pk
    assert ApplicationEvent.objects.count() == 0
    assert Suppression.objects.count() == 0
    assert User.objects.filter(pk=anna.pk).exists()
    assert files
    assert default_storage.exists(files[0])  # goes with the commit, which this test never reaches


def check_profile(workspace):
    profile = Profile.objects.get(workspace=workspace)
    assert (profile.full_name, profile.location) == ("Anna Keller", "Hamburg, Germany")
    assert profile.years_experience >= 9
    kinds = Counter(profile.facts.alive().values_list("kind", flat=True))
    assert kinds["role"] == 3
    assert kinds["education"] == 2
    assert kinds["skill"] >= 15
    assert kinds["metric"] >= 3
    assert not profile.facts.alive().filter(span_start=None).exists()
    assert Resume.objects.get(workspace=workspace).status == "read"


def check_openings(workspace):
    jobs = Job.objects.filter(workspace=workspace)
    assert jobs.count() == 40
    assert jobs.filter(is_sample=False).count() == 0
    assert jobs.filter(liveness="closed").count() == 2
    twin = jobs.exclude(duplicate_of=None).get()
    assert (twin.title, twin.company_name) == (twin.duplicate_of.title, "Kranwerk")
    assert twin.source_id != twin.duplicate_of.source_id
    assert Source.objects.filter(workspace=workspace).count() == 3
    assert Source.objects.filter(workspace=workspace, next_due_at=None).count() == 3
    shown = JobMatch.objects.filter(job__in=jobs.filter(liveness="live", duplicate_of=None))
    bands = Counter(band_of(match.score) for match in shown)
    assert (bands["Great"], bands["Good"]) == (8, 12)
    assert bands["Fair"] + bands["Weak"] + bands["Poor"] == 17


def check_applications(workspace):
    applications = Application.objects.filter(workspace=workspace)
    assert Counter(applications.values_list("status", flat=True)) == {
        "saved": 2,
        "drafting": 1,
        "ready": 3,
        "applied": 2,
        "replied": 2,
        "interviewing": 1,
        "offer": 1,
        "rejected": 1,
        "ghosted": 1,
    }
    for application in applications:
        events = list(application.events.order_by("at", "id"))
        assert events[0].kind == "found"
        assert all(event.at <= timezone.now() for event in events)
    meeting = interviews_of(applications.get(status="interviewing"))[0]
    tomorrow = (timezone.now().astimezone(making.ZONE) + timedelta(days=1)).date()
    assert meeting.at.astimezone(making.ZONE).date() == tomorrow


def check_mail(workspace):
    mails = Message.objects.filter(workspace=workspace)
    sent = mails.exclude(sent_at=None)
    assert sent.count() == 46
    assert mails.filter(is_sample=False).count() == 0
    assert Counter(sent.values_list("status", flat=True)) == {"delivered": 45, "bounced": 1}
    assert all(mail.sent_at < timezone.now() for mail in sent)
    assert not mails.filter(status="scheduled").exists()  # nothing leaves before Anna approves it
    assert not Enrollment.objects.filter(workspace=workspace, status="active").exists()
    replies = Reply.objects.filter(workspace=workspace)
    assert Counter(replies.values_list("kind", flat=True)) == {
        "interested": 2,
        "meeting": 2,
        "out_of_office": 2,
        "question": 1,
        "not_now": 1,
        "rejected": 1,
        "unsubscribe": 1,
        "automatic": 1,
    }
    assert replies.filter(matched_by="references").count() == 11
    assert replies.filter(is_human=False).count() == 3
    assert not DeliveryEvent.objects.filter(workspace=workspace, processed_at=None).exists()
    practice = Mailbox.objects.get(workspace=workspace, is_sandbox=True)
    days = MailboxDay.objects.filter(mailbox=practice)
    assert (sum(day.sent for day in days), sum(day.bounced for day in days)) == (46, 1)
    check_warming_mailbox(Mailbox.objects.get(workspace=workspace, is_sandbox=False))
    reasons = Suppression.objects.filter(workspace=workspace).values_list("reason", flat=True)
    assert Counter(reasons) == {"hard_bounce": 1, "asked": 1, "manual": 1}
    assert Notification.objects.filter(workspace=workspace, seen_at=None).exists()


def check_warming_mailbox(mailbox):
    """It tells of a warm-up that a warning holds, cannot send, and adds up by the product's own rules."""
    assert mailbox.address == "anna@keller.example"
    assert (mailbox.smtp_password, mailbox.imap_host) == ("", "")
    assert mailbox.status == "warmup"
    assert 70 <= mailbox.health < 100
    assert mailbox.warned_at is not None
    assert [part["key"] for part in mailbox.health_reasons] == ["bounces"]
    days = MailboxDay.objects.filter(mailbox=mailbox)
    assert mailbox.ramp_days == days.count() - 1
    assert all(day.sent <= day.cap for day in days)
    assert DeliveryEvent.objects.filter(endpoint__mailbox=mailbox, type="bounced").count() == 2
    domain = SendingDomain.objects.get(workspace=mailbox.workspace)
    assert {kind: check.verdict for kind, check in latest_checks(domain).items()} == {
        "spf": "ok",
        "dkim": "ok",
        "dmarc": "warning",
        "mx": "ok",
    }
    assert DomainCheck.objects.filter(sending_domain=domain).count() == 6
    assert due_domains(now=timezone.now() + timedelta(days=9)) == []


def check_packages(workspace):
    waiting = {
        package.application.job.company_name: [c for c in package.checks if c["state"] == "block"]
        for package in Package.objects.filter(workspace=workspace, status="ready")
    }
    assert waiting["Sturmfeld Energie"] == []
    assert [check["key"] for check in waiting["Nordlicht Logistik"]] == ["variables"]
    assert "shared_contact" in waiting["Nordlicht Logistik"][0]["sentence"]
    assert {check["key"] for check in waiting["Kranwerk"]} == {"claims_letter"}
    assert "120" in " ".join(check["sentence"] for check in waiting["Kranwerk"])
    assert Approval.objects.filter(workspace=workspace).count() == len(people.SENT)
    domains = {contact.email.rpartition("@")[2] for contact in Contact.objects.all()}
    assert all(domain.endswith((".test", ".example")) for domain in domains)
    assert Company.objects.filter(workspace=workspace, domain="sturmfeld.test").exists()


def test_accounts_that_exist_keep_their_password(db, shown):
    anna = UserFactory(email=live_settings.DEMO_LOGIN_EMAIL)
    anna.set_password("changed-by-somebody")
    anna.save()

    same = making.ensure_user(anna.email, "another-password", name="Anna Keller")

    assert same.pk == anna.pk
    assert same.check_password("changed-by-somebody")
    assert AuditEntry.objects.count() == 0
