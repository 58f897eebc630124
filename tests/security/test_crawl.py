"""Nobody reaches another workspace's objects by their address: every URL, every method (quality S6)."""

from contextlib import contextmanager, nullcontext

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from accounts import middleware
from tests.conftest import logged_in
from tests.security.addresses import (
    APPS,
    OBJECTS,
    PERSONAL,
    PUBLIC,
    addresses,
    with_objects,
)
from tests.security.world import build, fingerprint

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "post", "put", "patch", "delete")
HTMX = {"HX-Request": "true"}
# allauth has its own tests; the console has tests/admin/test_access.py; the rest holds nobody's data.
OUTSIDE_OF_OUR_APPS = {"home", "health", "health-ready", "styleguide"}


@pytest.fixture
def world(profile, viewer, stranger):
    return build(profile, viewer)


@contextmanager
def forgotten():
    """Take back whatever happens inside, so that each request meets the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def finish(response):
    """Read a download to its end, which closes its file."""
    if response.streaming:
        list(response)


def walk(client, world, asked, *, methods=METHODS, headers=None):
    """Yield (address, method, answer) for each request, and (address, "changed", tables) where something changed."""
    before = fingerprint()
    for address in asked:
        with forgotten():
            path = address.path(world)
            for method in methods:
                response = getattr(client, method)(path, headers=headers)
                finish(response)
                yield address.name, method, response
            after = fingerprint()
        if changed := [table for table in before if before[table] != after[table]]:
            yield address.name, "changed", changed


def wrong_answers(found, is_right):
    return [
        (name, method, answer if method == "changed" else answer.status_code)
        for name, method, answer in found
        if method == "changed" or not is_right(answer)
    ]


def answers_with(*statuses):
    return lambda response: response.status_code in statuses


def test_every_address_with_an_argument_names_its_object():
    found = {address.name: address.arguments for address in with_objects()}
    assert found == {name: frozenset(given) for name, given in OBJECTS.items()}


def test_no_address_stands_outside_of_the_crawl():
    outside = {
        pattern.name
        for pattern in get_resolver().url_patterns
        if not hasattr(pattern, "url_patterns")
    }
    included = {
        pattern.app_name or pattern.urlconf_name.__name__
        for pattern in get_resolver().url_patterns
        if hasattr(pattern, "url_patterns")
    }
    assert outside == OUTSIDE_OF_OUR_APPS
    assert included == {*APPS, "admin", "allauth.account.urls"}
    assert set(PERSONAL) <= {address.name for address in addresses()}


def test_the_owner_reaches_every_object(owner_client, world):
    """Otherwise the 404s below would prove nothing."""
    missed = []
    for address in with_objects():
        for method in ("get", "post"):
            with forgotten():
                response = getattr(owner_client, method)(address.path(world))
                finish(response)
            if response.status_code in {404, 500}:
                missed.append((address.name, method, response.status_code))
    assert missed == []


def test_a_stranger_is_refused_everywhere(stranger_client, world):
    asked = [address for address in with_objects() if address.name not in PERSONAL]
    assert len(asked) > 60
    found = walk(stranger_client, world, asked)
    assert wrong_answers(found, answers_with(403, 404, 405)) == []


def test_the_code_alone_refuses_a_stranger_too(stranger_client, world, monkeypatch):
    """The queries must be right even where row-level security is not; asked for fragments this time."""
    monkeypatch.setattr(middleware, "workspace_walls", lambda pk: nullcontext())
    asked = [address for address in with_objects() if address.name not in PERSONAL]
    found = walk(stranger_client, world, asked, methods=("get", "post"), headers=HTMX)
    assert wrong_answers(found, answers_with(403, 404, 405)) == []


def test_a_viewer_changes_nothing(viewer_client, world):
    asked = [address for address in addresses() if address.name not in PERSONAL]
    found = walk(viewer_client, world, asked, methods=("post", "put", "patch", "delete"))
    assert wrong_answers(found, answers_with(403, 405)) == []


def test_a_viewer_looks_without_an_effect_or_an_error(viewer_client, world):
    found = walk(viewer_client, world, addresses(), methods=("get", "head"))
    assert wrong_answers(found, answers_with(200, 302, 403, 405)) == []


def test_a_visitor_is_sent_to_the_log_in(world):
    asked = [address for address in addresses() if address.name not in PUBLIC]
    to_log_in = f"{reverse('account_login')}?next=/"

    def is_right(response):
        return response.status_code == 405 or (
            response.status_code == 302 and response["Location"].startswith(to_log_in)
        )

    assert wrong_answers(walk(Client(), world, asked), is_right) == []


def test_an_editor_is_not_an_owner(world, viewer):
    viewer.role = "editor"
    viewer.save()
    names = {"accounts:member-change", "accounts:invitation-withdraw", "accounts:member-list"}
    asked = [address for address in addresses() if address.name in names]
    found = walk(logged_in(viewer), world, asked, methods=("post",))
    assert len(asked) == len(names)
    assert wrong_answers(found, answers_with(403)) == []
