"""Answers that come before the sweep, or after everything was sent."""

import pytest

from tests.factories.answers import answered
from tests.factories.jobs import ApplicationFactory
from tests.factories.outreach import PackageFactory
from tests.factories.scenes import SENT_AT, being_written_to, mailbox_for

pytestmark = pytest.mark.django_db


def test_an_answer_before_the_sweep_still_passes_through_applied(profile):
    package = PackageFactory(application=ApplicationFactory(profile=profile, status="ready"))
    maria = being_written_to(package, mailbox_for(profile.workspace))
    answered(maria)
    application = package.application
    application.refresh_from_db()
    assert (application.status, application.applied_at) == ("replied", SENT_AT)
    steps = [event.to_status for event in application.events.filter(kind="moved").order_by("pk")]
    assert steps == ["applied", "replied"]


def test_a_colleague_with_nothing_left_to_send_is_not_held(profile):
    package = PackageFactory(application=ApplicationFactory(profile=profile, status="applied"))
    mailbox = mailbox_for(profile.workspace)
    maria = being_written_to(package, mailbox)
    done = being_written_to(package, mailbox, sent=3, first_name="Piet")
    waiting = being_written_to(package, mailbox, first_name="Ida")
    answered(maria)
    for enrollment in (done, waiting):
        enrollment.refresh_from_db()
    assert (done.status, waiting.status) == ("active", "held")
