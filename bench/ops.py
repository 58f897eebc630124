"""The operations console over a million messages: our lists and board, and the stock Django admin beside the first of them.

Ours is the real page through its admin: filters, actions, templates. The peer is what one would write first: the same
columns on django.contrib.admin.ModelAdmin, with its Paginator, its COUNT(*) and its search by icontains. The promise is that
no page of ours needs more than LIMIT_MS at its 95th percentile.
"""

import statistics
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import AuditEntry, BackgroundTask, User
from bench import IS_TINY
from bench.console_rows import Sizes, fill
from bench.measuring import alternate, finish, percentile, ratio, say_times
from mailboxes.models import DeliveryEvent, Mailbox, ProviderDelivery, Suppression
from outreach.models import Message
from outreach.pulse import take_pulse

SIZES = (
    Sizes(messages=300, workspaces=3, mailboxes=5, events=200, posts=100, entries=100)
    if IS_TINY
    else Sizes(
        messages=1_000_000,
        workspaces=500,
        mailboxes=2_000,
        events=300_000,
        posts=100_000,
        entries=100_000,
    )
)
ROUNDS, PEER_ROUNDS = (1, 1) if IS_TINY else (15, 5)
PAGE = 50
LIMIT_MS = 500.0


class StockMessageAdmin(admin.ModelAdmin):
    """The list as Django makes it."""

    list_display = (
        "id",
        "due_at",
        "status",
        "attempts",
        "mailbox",
        "recipient_domain",
        "workspace",
        "smtp_code",
        "provider_id",
    )
    list_filter = ("status",)
    list_select_related = ("mailbox", "workspace")
    list_per_page = PAGE
    search_fields = ("recipient", "message_id")
    ordering = ("-id",)


class Reader:
    """The operator, who opens pages and gets them whole."""

    def __init__(self, operator: User) -> None:
        self.operator, self.requests = operator, RequestFactory()
        self.stock = StockMessageAdmin(Message, admin.site)

    def request(self, query: dict[str, Any]) -> HttpRequest:
        """Return what a logged-in browser sends."""
        request = self.requests.get("/ops/", query)
        request.user = self.operator
        request._messages = CookieStorage(request)
        return request

    def lists(self, page: Any, query: dict[str, Any]) -> int:
        """Read one page of a list; return how many rows it shows."""
        answer = page.changelist_view(self.request(query))
        if answer.status_code != 200:
            raise SystemExit(f"{page} answered {answer.status_code} to {query}")
        answer.render()
        return len(answer.context_data["cl"].result_list)

    def ours(self, model: Any, **query: Any) -> Callable[[], int]:
        """Return a reader of our list."""
        page = admin.site._registry[model]
        return lambda: self.lists(page, query)

    def peers(self, **query: Any) -> Callable[[], int]:
        """Return a reader of the stock list."""
        return lambda: self.lists(self.stock, query)

    def board(self) -> None:
        """Read the board."""
        admin.site.index(self.request({})).render()


def pages_of(reader: Reader, message: Message) -> dict[str, Callable[[], object]]:
    """Return every page that is measured; each must show something, or it would measure nothing."""
    ours = reader.ours
    found = {
        "sends": ours(Message),
        "sends, page in the middle": ours(Message, after=message.pk),
        "sends, failed": ours(Message, status__exact="failed"),
        "sends, unknown": ours(Message, status__exact="unknown"),
        "sends, held": ours(Message, status__exact="held"),
        "sends, due now": ours(Message, due="overdue"),
        "sends, due in a day": ours(Message, due="day"),
        "sends, stuck": ours(Message, stuck="yes"),
        "sends, 5xx": ours(Message, code="5"),
        "sends, one mailbox": ours(Message, mailbox_number=message.mailbox_id),
        "sends, one mailbox, failed": ours(
            Message, mailbox_number=message.mailbox_id, status__exact="failed"
        ),
        "sends, one recipient's domain": ours(Message, to_domain=message.recipient_domain),
        "sends, one workspace": ours(Message, workspace_number=message.workspace_id),
        "sends, search by Message-ID": ours(Message, q=message.message_id),
        "sends, search by provider's id": ours(Message, q="q250"),
        "sends, search by hash": ours(Message, q=message.recipient_hash),
        "sends, search for nothing": ours(Message, q="nobody@nowhere.test"),
        "delivery events": ours(DeliveryEvent),
        "delivery events, bounced": ours(DeliveryEvent, type__exact="bounced"),
        "delivery events, blocked": ours(DeliveryEvent, bounce_kind__exact="block"),
        "webhooks": ours(ProviderDelivery),
        "webhooks, failed": ours(ProviderDelivery, status__exact="failed"),
        "audit": ours(AuditEntry),
        "audit, one verb": ours(AuditEntry, verb_is="suppression.release"),
        "audit, one object": ours(AuditEntry, q="target7"),
        "mailboxes": ours(Mailbox),
        "suppressions": ours(Suppression),
        "tasks": ours(BackgroundTask),
        "the board": reader.board,
    }
    return dict(found)


def main() -> None:
    """Fill, measure, print."""
    admin.autodiscover()  # nothing but the URLconf does it, and no page is asked for by its address here
    reader = Reader(fill(SIZES))
    take_pulse(timezone.now())
    middle = Message.objects.order_by("pk")[SIZES.messages // 2]
    pages = pages_of(reader, middle)
    spent: dict[str, list[float]] = {}
    for name, read in pages.items():
        spent |= alternate({name: read}, ROUNDS)
    peers = alternate(
        {
            "stock admin": reader.peers(),
            "stock admin, page in the middle": reader.peers(p=SIZES.messages // 2 // PAGE),
            "stock admin, failed": reader.peers(status__exact="failed"),
            "stock admin, search": reader.peers(q=middle.message_id),
        },
        PEER_ROUNDS,
    )
    for name, times in (spent | peers).items():
        say_times(name, times, messages=SIZES.messages)
    slowest = max(percentile(times, 0.95) for times in spent.values())
    typical = statistics.median(percentile(times, 0.95) for times in spent.values())
    finish(
        "ops",
        vs_stock=ratio(peers["stock admin"], spent["sends"]),
        vs_stock_deep=ratio(
            peers["stock admin, page in the middle"], spent["sends, page in the middle"]
        ),
        vs_stock_filter=ratio(peers["stock admin, failed"], spent["sends, failed"]),
        vs_stock_search=ratio(peers["stock admin, search"], spent["sends, search by Message-ID"]),
        vs_limit_slowest=round(LIMIT_MS / slowest, 2),
        vs_limit_typical=round(LIMIT_MS / typical, 2),
    )


if __name__ == "__main__":
    main()
