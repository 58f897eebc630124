"""The way to every list: grouped, in order of use, the open one marked, nothing offered that the role may not open."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from outreach.models import Message
from tests.factories.operations import list_url, pages

pytestmark = pytest.mark.django_db


def groups_of(page) -> dict[str, list[tuple[str, str]]]:
    """Return name and aria-current of every link, by group."""
    return {
        group.name: [(link.name, link.current) for link in group.links]
        for group in page.context["groups"]
    }


def test_every_list_is_in_one_group_with_the_most_used_first(staff_client):
    groups = groups_of(staff_client.get(reverse("admin:index")))

    assert list(groups) == ["Sending", "Hearing", "People", "Openings", "Platform"]
    assert [links[0][0] for links in groups.values()] == [
        "Messages",
        "Provider deliveries",
        "Workspaces",
        "Jobs",
        "Platform switches",
    ]
    names = [name for links in groups.values() for name, _ in links]
    assert len(names) == len(set(names)) == len(list(pages()))


def test_the_open_list_is_marked_alone_on_itself_and_below(staff_client, message):
    on_it = staff_client.get(list_url(Message))
    below = staff_client.get(reverse("admin:outreach_message_change", args=[message.pk]))
    board = staff_client.get(reverse("admin:index"))

    def marked(page) -> list[tuple[str, str]]:
        return [link for links in groups_of(page).values() for link in links if link[1]]

    assert marked(on_it) == [("Messages", "page")]
    assert marked(below) == [("Messages", "true")]
    assert marked(board) == []
    for page in (on_it, board):
        assert len(re.findall('aria-current="page"', page.content.decode())) == 1
    assert re.findall('<summary class="here">(.*?)<', on_it.content.decode()) == ["Sending"]


def test_a_role_is_offered_what_it_may_open(support_client, rf, staff_client):
    page = support_client.get(reverse("admin:index"))
    offered = {link.url for group in page.context["groups"] for link in group.links}

    assert offered
    for url in offered:
        assert support_client.get(url).status_code == 200, url
    allowed = {
        list_url(one.model)
        for one in admin.site._registry.values()
        if one.has_view_permission(page.wsgi_request)
    }
    assert offered == allowed
