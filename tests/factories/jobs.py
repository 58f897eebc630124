"""Openings and applications for tests."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from jobs.models import Application, Company, Job, JobMatch, Source
from tests.factories.accounts import ProfileFactory, WorkspaceFactory


class CompanyFactory(DjangoModelFactory):
    class Meta:
        model = Company

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Company {n}")
    normalized_name = factory.LazyAttribute(lambda company: company.name.lower())


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    workspace = factory.SubFactory(WorkspaceFactory)
    kind = "greenhouse"
    board_token = factory.Sequence(lambda n: f"board{n}")


class JobFactory(DjangoModelFactory):
    class Meta:
        model = Job

    workspace = factory.SubFactory(WorkspaceFactory)
    source = factory.SubFactory(SourceFactory, workspace=factory.SelfAttribute("..workspace"))
    company = factory.SubFactory(CompanyFactory, workspace=factory.SelfAttribute("..workspace"))
    company_name = factory.SelfAttribute("company.name")
    external_id = factory.Sequence(lambda n: f"job-{n}")
    title = "Backend Engineer"
    description_text = "We look for a backend engineer with Python and PostgreSQL."
    description_html = "<p>We look for a backend engineer with Python and PostgreSQL.</p>"
    listed_at = factory.LazyFunction(timezone.now)
    last_seen_at = factory.LazyFunction(timezone.now)
    liveness = "live"


class ApplicationFactory(DjangoModelFactory):
    class Meta:
        model = Application

    profile = factory.SubFactory(ProfileFactory)
    workspace = factory.SelfAttribute("profile.workspace")
    job = factory.SubFactory(JobFactory, workspace=factory.SelfAttribute("..workspace"))
    last_action_at = factory.LazyFunction(timezone.now)
    status_changed_at = factory.LazyFunction(timezone.now)


class JobMatchFactory(DjangoModelFactory):
    class Meta:
        model = JobMatch

    profile = factory.SubFactory(ProfileFactory)
    workspace = factory.SelfAttribute("profile.workspace")
    job = factory.SubFactory(JobFactory, workspace=factory.SelfAttribute("..workspace"))
    score = 72
    profile_version = 1
    job_content_hash = "0" * 64
