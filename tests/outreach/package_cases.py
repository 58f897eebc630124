"""A candidate with facts, an opening, people at its company and a package made from them."""

from datetime import UTC, date, datetime

from outreach import packages
from outreach.contacts import ContactData, keep_contact
from tests.factories.accounts import ProfileFactFactory
from tests.factories.jobs import ApplicationFactory, CompanyFactory, JobFactory
from tests.factories.outreach import MailboxFactory

# A Monday morning in working hours.
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POSTING = """Harbor Pay moves money for ports.

Requirements:
- 5+ years of experience building backend services in Python
- Strong PostgreSQL
- Experience leading a small team of engineers
- Kubernetes in production
"""


def add_facts(profile):
    role = ProfileFactFactory(
        profile=profile,
        kind="role",
        text="Senior Backend Engineer, Ledgerline GmbH",
        title="Senior Backend Engineer",
        organization="Ledgerline GmbH",
        start_date=date(2019, 4, 1),
        is_current=True,
    )
    lines = [
        ("accomplishment", "Designed the payout service in Python and PostgreSQL"),
        ("accomplishment", "Led a team of 5 engineers through the move to Kubernetes"),
        ("metric", "Reduced failed payments by 18% with retries and better monitoring"),
        ("accomplishment", "Organised the yearly hack week"),
    ]
    for kind, text in lines:
        ProfileFactFactory(profile=profile, kind=kind, text=text, parent=role)
    ProfileFactFactory(profile=profile, kind="skill", text="Python, PostgreSQL, Git")
    profile.phone = "+49 40 1234567"
    profile.save()


def make_person(workspace, company, number=1, **changes):
    fields = {
        "first_name": "Maria",
        "last_name": f"Marin{number}",
        "title": "Head of Engineering",
        "email": f"maria{number}@harborpay.test",
        "source": "company website",
        "lawful_basis": "legitimate_interest",
    }
    contact, _ = keep_contact(workspace, company, ContactData(**{**fields, **changes}), now=NOW)
    return contact


def make_application(profile, *, people=1, **job_fields):
    workspace = profile.workspace
    add_facts(profile)
    company = CompanyFactory(workspace=workspace, name="Harbor Pay")
    job = JobFactory(
        **{
            "workspace": workspace,
            "company": company,
            "title": "Senior Python Engineer",
            "description_text": POSTING,
            "url": "https://jobs.harborpay.com/1",
            **job_fields,
        }
    )
    for number in range(1, people + 1):
        make_person(workspace, company, number)
    return ApplicationFactory(profile=profile, job=job)


def make_package(profile, *, people=1, mailbox=True, **job_fields):
    """A package that is ready and all clear unless the caller spoils it."""
    application = make_application(profile, people=people, **job_fields)
    if mailbox:
        MailboxFactory(workspace=profile.workspace)
    package, _ = packages.open_package(application, now=NOW)
    return packages.assemble(package, now=NOW)
