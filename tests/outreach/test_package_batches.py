"""Choosing several packages in the list, reading what they send, and one yes to all of them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mailboxes.suppression import suppress
from outreach.approving import content_hash
from outreach.models import Approval, Message, Package
from outreach.package_batch import MAX_AT_ONCE
from tests.outreach.package_cases import NOW, make_package
from tests.outreach.test_approving_many import another_package, statuses

pytestmark = pytest.mark.django_db

URL = reverse("outreach:packages-approve")
LIST = reverse("outreach:package-list")


@pytest.fixture
def two(profile):
    return [make_package(profile), another_package(profile, 2)]


def chosen(*packages):
    return {"package": [str(package.public_id) for package in packages]}


def shown(*packages):
    """What the form of the page posts."""
    hashes = {f"hash-{package.public_id}": content_hash(package) for package in packages}
    return {**chosen(*packages), **hashes}


def test_the_list_offers_what_is_all_clear(owner_client, viewer_client, two):
    first, second = two
    Package.objects.filter(pk=second.pk).update(checks=[{"state": "block"}])

    page = owner_client.get(LIST).content.decode()

    assert f'action="{URL}"' in page
    assert f'name="package" value="{first.public_id}"' in page
    assert str(second.public_id) not in re.findall(r'name="package" value="([^"]+)"', page)
    assert 'name="package"' not in viewer_client.get(LIST).content.decode()
    Package.objects.filter(pk=first.pk).update(status="discarded")
    assert "Look at the chosen" not in owner_client.get(LIST).content.decode()


def test_every_recipient_and_first_mail_is_shown_before_the_yes(owner_client, two):
    page = owner_client.get(URL, chosen(*two))

    text = page.content.decode()
    assert page["Cache-Control"] == "no-store"
    for package in two:
        mail = Message.objects.get(enrollment__package=package, step_number=1)
        assert f"&lt;{mail.recipient}&gt;" in text
        assert mail.subject in text
        assert mail.attachment.filename in text
        assert f'name="hash-{package.public_id}" value="{content_hash(package)}"' in text
    assert text.count("I would like to be considered for") == 2
    assert "Approve and queue 6 mails in 2 packages" in text
    assert "For 10 minutes after approval nothing leaves" in text
    assert not Approval.objects.exists()


def test_one_yes_queues_all_that_were_shown(owner_client, two):
    page = owner_client.get(URL, chosen(*two)).content.decode()
    fields = re.findall(r'<input type="hidden" name="(package|hash-[^"]+)" value="([^"]+)"', page)
    data = {"package": [value for name, value in fields if name == "package"]}
    data |= {name: value for name, value in fields if name != "package"}

    response = owner_client.post(URL, data, follow=True)

    assert response.redirect_chain == [(f"{LIST}?state=approved", 302)]
    assert re.search(r"Queued 2 packages\. First mail \w{3} \d+ \w{3}, ", response.content.decode())
    assert Approval.objects.count() == 2
    assert [statuses(package) for package in two] == [["scheduled", "approved", "approved"]] * 2
    assert owner_client.post(URL, data).status_code == 302
    assert Approval.objects.count() == 2


def test_one_that_changed_meanwhile_is_shown_again_and_the_other_goes(owner_client, two):
    first, second = two
    data = shown(*two)
    Message.objects.filter(enrollment__package=second, step_number=3).update(body="Other words")

    response = owner_client.post(URL, data)

    text = response.content.decode()
    assert response.status_code == 409
    assert "1 package queued, 1 not" in text
    assert "The package changed since you looked at it." in text
    assert f'name="package" value="{second.public_id}"' in text
    assert str(first.public_id) not in text
    assert statuses(first) == ["scheduled", "approved", "approved"]
    assert statuses(second) == ["draft", "draft", "draft"]
    again = re.search(rf'name="hash-{second.public_id}" value="([^"]+)"', text)[1]
    assert again == content_hash(second)


def test_what_must_be_mended_is_left_out(owner_client, two):
    first, second = two
    suppress(reason="unsubscribed", scope="platform", email="person2@quay2.test", now=NOW)

    text = owner_client.get(URL, chosen(*two)).content.decode()

    assert "do-not-contact list: unsubscribed" in text
    assert f'name="package" value="{second.public_id}"' not in text
    assert "Approve and queue 3 mails in 1 package" in text
    response = owner_client.post(URL, shown(first, second))
    assert response.status_code == 409
    assert Approval.objects.get().package == first


def test_nothing_goes_unseen(owner_client, two):
    response = owner_client.post(URL, chosen(*two))

    assert response.status_code == 409
    assert "Nothing was queued" in response.content.decode()
    assert not Approval.objects.exists()


def test_more_than_ten_wait_for_the_next_round(owner_client, profile, two):
    first, second = two
    others = [another_package(profile, number) for number in range(3, 3 + MAX_AT_ONCE - 1)]

    text = owner_client.get(URL, chosen(*others, first, second)).content.decode()

    assert "At most 10 packages" in text
    assert f'<a href="?package={second.public_id}">look at the rest</a>' in text
    assert len(re.findall(r'name="package"', text)) == MAX_AT_ONCE
    owner_client.post(URL, shown(*others, first, second))
    assert Approval.objects.count() == MAX_AT_ONCE
    assert statuses(second) == ["draft", "draft", "draft"]


def test_queries_do_not_grow_with_the_packages(owner_client, profile, two):
    third = another_package(profile, 3)
    with CaptureQueriesContext(connection) as one:
        owner_client.get(URL, chosen(two[0]))
    with CaptureQueriesContext(connection) as more:
        owner_client.get(URL, chosen(*two, third))

    assert len(more) == len(one)


def test_nothing_chosen_says_how_to_choose(owner_client):
    response = owner_client.get(URL)

    assert response.status_code == 200
    assert "No package is chosen" in response.content.decode()
    assert owner_client.post(URL).status_code == 302


def test_viewers_and_strangers_change_nothing(viewer_client, stranger_client, client, two):
    data = shown(*two)

    assert viewer_client.get(URL, chosen(*two)).status_code == 403
    assert viewer_client.post(URL, data).status_code == 403
    assert stranger_client.get(URL, chosen(two[0])).status_code == 404
    assert stranger_client.post(URL, data).status_code == 404
    assert client.post(URL, data).status_code == 302
    assert not Approval.objects.exists()


@pytest.mark.parametrize("key", ["nonsense", "f3ed2840-8cdd-4799-96f1-e818e36d55ab"])
def test_an_unknown_package_among_them_is_not_found(owner_client, two, key):
    data = shown(*two)
    data["package"].append(key)

    assert owner_client.get(URL, data).status_code == 404
    assert owner_client.post(URL, data).status_code == 404
    assert not Approval.objects.exists()
