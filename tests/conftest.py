"""What every test may ask for: a workspace with people of each role, and clients logged in as them."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Membership, Profile, Workspace
from tests.factories.accounts import (
    MembershipFactory,
    ProfileFactory,
    UserFactory,
    WorkspaceFactory,
)


@pytest.fixture(autouse=True)
def clean_cache():
    """Rate limits and heartbeats of one test never reach the next (each test process has its own Valkey)."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Uploaded files of a test live and die with it, and what its senders remember."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATE_ROOT = tmp_path / "state"


@pytest.fixture
def workspace(db) -> Workspace:
    return WorkspaceFactory()


@pytest.fixture
def owner(workspace) -> Membership:
    return MembershipFactory(
        workspace=workspace, role="owner", user=UserFactory(email="olga@roleferry.example")
    )


@pytest.fixture
def profile(owner) -> Profile:
    return ProfileFactory(workspace=owner.workspace, user=owner.user)


@pytest.fixture
def viewer(workspace, owner) -> Membership:
    return MembershipFactory(
        workspace=workspace, role="viewer", user=UserFactory(email="vera@roleferry.example")
    )


@pytest.fixture
def stranger(db) -> Membership:
    """The owner of another workspace."""
    membership = MembershipFactory(role="owner", user=UserFactory(email="sam@roleferry.example"))
    ProfileFactory(workspace=membership.workspace, user=membership.user)
    return membership


def logged_in(membership: Membership) -> Client:
    client = Client()
    client.force_login(membership.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def owner_client(owner, profile) -> Client:
    return logged_in(owner)


@pytest.fixture
def viewer_client(viewer, profile) -> Client:
    return logged_in(viewer)


@pytest.fixture
def stranger_client(stranger) -> Client:
    return logged_in(stranger)


@pytest.fixture
def staff_client(db) -> Client:
    user = UserFactory(email="staff@roleferry.example", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
