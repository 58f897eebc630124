"""People and workspaces for tests."""

import factory
from factory.django import DjangoModelFactory

from accounts.models import Membership, Preferences, Profile, ProfileFact, Resume, User, Workspace


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@roleferry.example")
    full_name = "Pat Person"
    password = factory.PostGenerationMethodCall("set_password", "correct-horse-battery")

    @classmethod
    def _after_postgeneration(cls, instance, create, results=None):
        if create:
            instance.save()


class WorkspaceFactory(DjangoModelFactory):
    class Meta:
        model = Workspace

    name = factory.Sequence(lambda n: f"Workspace {n}")
    sender_name = "Olga Owner"
    postal_address = "1 Quay Street, 20457 Hamburg, Germany"


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    workspace = factory.SubFactory(WorkspaceFactory)
    user = factory.SubFactory(UserFactory)
    role = "editor"


class ProfileFactory(DjangoModelFactory):
    class Meta:
        model = Profile
        skip_postgeneration_save = True

    workspace = factory.SubFactory(WorkspaceFactory)
    first_name = "Olga"
    last_name = "Owner"
    headline = "Backend engineer"
    email = "olga@roleferry.example"

    @factory.post_generation
    def preferences(self, create, extracted, **kwargs):
        if create:
            Preferences.objects.create(workspace=self.workspace, profile=self, **kwargs)


class ResumeFactory(DjangoModelFactory):
    class Meta:
        model = Resume

    profile = factory.SubFactory(ProfileFactory)
    workspace = factory.SelfAttribute("profile.workspace")
    original_filename = "olga.txt"
    kind = "txt"
    raw_text = "Olga Owner\nBackend engineer"
    status = "read"


class ProfileFactFactory(DjangoModelFactory):
    class Meta:
        model = ProfileFact

    profile = factory.SubFactory(ProfileFactory)
    workspace = factory.SelfAttribute("profile.workspace")
    kind = "skill"
    origin = "person"
    text = factory.Sequence(lambda n: f"Skill {n}")
