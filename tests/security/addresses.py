"""Every address of our own apps, from the resolver, and which of the first workspace's objects it is asked for."""

from dataclasses import dataclass
from importlib import import_module

from django.urls import reverse
from django.urls.resolvers import URLPattern

from tests.security.world import World

APPS = ("accounts", "jobs", "mailboxes", "outreach", "analytics")

# Address -> {its argument: whose id in World.ids}; a text in quotes stands for itself.
OBJECTS = {
    "accounts:member-change": {"pk": "member"},
    "accounts:invitation-accept": {"pk": "invitation"},
    "accounts:invitation-withdraw": {"pk": "invitation"},
    "accounts:task-detail": {"pk": "task"},
    "jobs:job-detail": {"pk": "job"},
    "jobs:job-save": {"pk": "job"},
    "jobs:job-hide": {"pk": "job"},
    "jobs:job-unhide": {"pk": "job"},
    "jobs:source-read": {"pk": "source"},
    "jobs:source-pause": {"pk": "source"},
    "jobs:resume-file": {"pk": "resume"},
    "jobs:resume-retry": {"pk": "resume"},
    "jobs:resume-make-primary": {"pk": "resume"},
    "jobs:resume-delete": {"pk": "resume"},
    "jobs:resume-restore": {"pk": "deleted_resume"},
    "jobs:fact-row": {"pk": "fact"},
    "jobs:fact-edit": {"pk": "fact"},
    "jobs:fact-delete": {"pk": "fact"},
    "jobs:fact-restore": {"pk": "deleted_fact"},
    "mailboxes:check-detail": {"pk": "check"},
    "mailboxes:check-repeat": {"pk": "check"},
    "mailboxes:check-accept": {"pk": "check"},
    "mailboxes:mailbox-detail": {"pk": "mailbox"},
    "mailboxes:mailbox-test": {"pk": "own_mailbox"},
    "mailboxes:mailbox-caps": {"pk": "own_mailbox"},
    "mailboxes:mailbox-reconnect": {"pk": "own_mailbox"},
    "mailboxes:reports-rotate": {"pk": "own_mailbox"},
    "mailboxes:mailbox-pause": {"pk": "mailbox"},
    "mailboxes:mailbox-resume": {"pk": "mailbox"},
    "mailboxes:mailbox-reports": {"pk": "api_mailbox"},
    "mailboxes:mailbox-disconnect": {"pk": "api_mailbox"},
    "mailboxes:mailbox-dns": {"pk": "mailbox"},
    "mailboxes:mailbox-dns-check": {"pk": "mailbox"},
    "mailboxes:mailbox-dns-key": {"pk": "mailbox"},
    "mailboxes:mailbox-warmup": {"pk": "mailbox"},
    "mailboxes:mailbox-ramp": {"pk": "mailbox"},
    "mailboxes:mailbox-thaw": {"pk": "mailbox"},
    "mailboxes:mailbox-health": {"pk": "mailbox"},
    "mailboxes:webhook-receive": {"provider": "'generic'", "public_id": "endpoint"},
    "outreach:application-detail": {"pk": "application"},
    "outreach:application-move": {"pk": "application"},
    "outreach:application-move-undo": {"pk": "application"},
    "outreach:application-notes": {"pk": "application"},
    "outreach:application-next": {"pk": "application"},
    "outreach:application-document": {"pk": "application", "document": "document"},
    "outreach:interview-add": {"pk": "application"},
    "outreach:interview-remove": {"pk": "application", "interview": "'kept'"},
    "outreach:interview-restore": {"pk": "application", "interview": "'gone'"},
    "outreach:interview-calendar": {"pk": "application", "interview": "'kept'"},
    "outreach:enrollment-stop": {"pk": "enrollment"},
    "outreach:enrollment-unstop": {"pk": "enrollment"},
    "outreach:enrollment-resume": {"pk": "enrollment"},
    "outreach:outbox-message": {"pk": "message"},
    "outreach:message-cancel": {"pk": "message"},
    "outreach:message-restore": {"pk": "cancelled_message"},
    "outreach:message-later": {"pk": "message"},
    "outreach:message-dismiss": {"pk": "message"},
    "outreach:message-undismiss": {"pk": "message"},
    "outreach:sequence-detail": {"pk": "sequence"},
    "outreach:sequence-pause": {"pk": "sequence"},
    "outreach:sequence-resume": {"pk": "sequence"},
    "outreach:sequence-copy": {"pk": "sequence"},
    "outreach:sequence-archive": {"pk": "spare_sequence"},
    "outreach:sequence-restore": {"pk": "spare_sequence"},
    "outreach:reply-detail": {"pk": "reply"},
    "outreach:reply-handle": {"pk": "reply"},
    "outreach:reply-unhandle": {"pk": "reply"},
    "outreach:reply-classify": {"pk": "reply"},
    "outreach:reply-undo": {"pk": "reply"},
    "outreach:job-ferry": {"pk": "job"},
    "outreach:package-detail": {"pk": "package"},
    "outreach:package-progress": {"pk": "package"},
    "outreach:package-step-retry": {"pk": "package", "key": "'letter'"},
    "outreach:package-approve": {"pk": "package"},
    "outreach:package-undo": {"pk": "package"},
    "outreach:package-discard": {"pk": "package"},
    "outreach:package-restore": {"pk": "discarded_package"},
    "outreach:package-attach": {"pk": "package"},
    "outreach:package-file": {"pk": "package", "file": "file"},
    "outreach:package-piece": {"pk": "package", "number": "'0'"},
    "outreach:package-letter": {"pk": "package"},
    "outreach:package-revert": {"pk": "package", "kind": "'letter'"},
    "outreach:package-people": {"pk": "package"},
    "outreach:package-person-add": {"pk": "package"},
    "outreach:package-mail": {"pk": "package", "mail_pk": "draft"},
    "outreach:package-preview": {"pk": "package", "mail_pk": "draft"},
    "outreach:contact-import-preview": {"pk": "upload"},
    "outreach:contact-import-run": {"pk": "upload"},
    "outreach:contact-import-errors": {"pk": "upload"},
    "outreach:contact-detail": {"pk": "contact"},
    "outreach:contact-edit": {"pk": "contact"},
    "outreach:contact-verify": {"pk": "contact"},
    "outreach:contact-close": {"pk": "contact"},
    "outreach:contact-open": {"pk": "contact"},
    "outreach:contact-delete": {"pk": "contact"},
    "outreach:contact-restore": {"pk": "deleted_contact"},
    "outreach:mailbox-move": {"pk": "mailbox"},
    "outreach:mailbox-move-undo": {"pk": "mailbox"},
    "outreach:suppression-remove": {"pk": "suppression"},
    "outreach:suppression-undo": {"pk": "removed_suppression"},
    "outreach:unsubscribe": {"token": "token"},
}

# Open to people outside of the workspace, each for a reason and with tests of its own.
PUBLIC = {
    "mailboxes:webhook-receive": "the signature is the proof (tests/mailboxes/test_webhooks.py)",
    "outreach:unsubscribe": "the signed token is the proof (tests/outreach/test_unsubscribing.py)",
    "accounts:theme-set": "a visitor's own cookie; keeps nothing about anybody else",
}
# Any logged-in person, whatever their workspace and role.
PERSONAL = {
    "accounts:invitation-accept": "the invited person is a stranger until they accept (test_members.py)",
    "accounts:workspace-switch": "leads only into a workspace of one's own",
    "accounts:settings": "name, theme and shortcuts of the person themself",
    **PUBLIC,
}


@dataclass(frozen=True)
class Address:
    """A named address; `arguments` are the names in its path."""

    name: str
    arguments: frozenset[str]

    def path(self, world: World) -> str:
        given = OBJECTS.get(self.name, {})
        kwargs = {
            argument: value.strip("'") if value.startswith("'") else world.ids[value]
            for argument, value in given.items()
        }
        return reverse(self.name, kwargs=kwargs)


def addresses() -> list[Address]:
    """Every address of our apps; one without a name fails here, since nothing could ask for it."""
    found = []
    for app in APPS:
        urls = import_module(f"{app}.urls")
        for pattern in urls.urlpatterns:
            assert isinstance(pattern, URLPattern), f"{app}: {pattern} includes others; walk them"
            assert pattern.name, f"{app}: {pattern.pattern} has no name"
            arguments = frozenset(pattern.pattern.converters)
            found.append(Address(f"{urls.app_name}:{pattern.name}", arguments))
    return found


def with_objects() -> list[Address]:
    return [address for address in addresses() if address.arguments]
