"""The board's first strip: how sending fares now, against what, and since when. Red only when somebody must act."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from accounts.console.columns import duration
from accounts.console.sparkline import Sparkline, sparkline
from accounts.models import PlatformSwitch
from accounts.tasks import HEARTBEAT_KEY
from config.home import HEARTBEAT_LIMIT_SECONDS
from config.operations_links import list_url
from mailboxes.models import InboundMessage, ProviderDelivery
from outreach.models import Message
from outreach.pulse import DUE_LOOKED_AT, Pulse, feel, line, past_pulses
from outreach.resolving import STUCK_AFTER

# Architecture section 7: bounces of 5 % stop a mailbox; as much of all mail failing is a matter for people. Fewer
# outcomes than this make no share.
FAILED_ALARM, FAILED_LEAST = 0.05, 20
# The sweep reads received mail every 15 seconds; a follow-up must not pass an answer that lies unread for minutes.
UNREAD_SECONDS = 300
# Beat offers a turn every ten seconds.
NO_SENDER_SECONDS = 120


@dataclass(frozen=True)
class Tile:
    """One figure. `tone` is "danger" when somebody must act, "warn" when somebody should know; `note` says so in words.

    `threshold` says what would be too much; `line` is the course of two hours, None when it was not kept.
    """

    slug: str
    label: str
    value: str
    threshold: str = ""
    url: str = ""
    tone: str = ""
    note: str = ""
    line: Sparkline | None = None


@dataclass(frozen=True)
class Sending:
    """What the tiles of sending are made from."""

    pulse: Pulse
    past: list[Pulse | None]
    is_off: bool

    def drawn(self, figure: Callable[[Pulse], float | None], unit: str = "") -> Sparkline | None:
        """Return the course of a figure."""
        return sparkline([*line(self.past, figure), figure(self.pulse)], unit=unit)


def sending_tiles(now: datetime) -> tuple[int, list[Tile]]:
    """Return how many mails are stuck, and the strip for somebody who may see messages."""
    switch = PlatformSwitch.objects.filter(key=PlatformSwitch.Key.SENDING).first()
    facts = Sending(feel(now), past_pulses(now), is_off=bool(switch and switch.is_off))
    parts = (_sent, _queue, _failed, _unknown, _replies, _posts, _senders)
    return facts.pulse.stuck, [_switch(switch), *(part(facts) for part in parts)]


def _switch(switch: PlatformSwitch | None) -> Tile:
    url = list_url(PlatformSwitch)
    if switch is None or not switch.is_off:
        since = f"Since {_moment(switch.changed_at)}." if switch else "Never turned off."
        return Tile("switch", "sending, all workspaces", "on", since, url)
    return Tile(
        "switch",
        "sending, all workspaces",
        "off",
        f"Since {_moment(switch.changed_at)}.",
        url,
        "danger",
        switch.reason,
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%-d %b, %H:%M} UTC"


def _sent(facts: Sending) -> Tile:
    pulse = facts.pulse
    stands = pulse.late > 0 and pulse.sent == 0 and (pulse.oldest_age or 0) > STUCK_AFTER.seconds
    return Tile(
        "sent",
        "left in 5 minutes",
        f"{pulse.sent} of {pulse.expected}",
        "Act when mail is late and none left.",
        list_url(Message, left="minutes"),
        "danger" if stands and not facts.is_off else "",
        "Due mail stands still." if stands else "",
        facts.drawn(lambda one: one.sent),
    )


def _queue(facts: Sending) -> Tile:
    pulse = facts.pulse
    more = "+" if pulse.ready == DUE_LOOKED_AT else ""
    age = "" if pulse.oldest_age is None else f", oldest {_age(pulse.oldest_age)}"
    behind = pulse.due - pulse.ready
    threshold = f"Act over {STUCK_AFTER.seconds // 60} min without a try."
    if behind > 0:
        threshold += f" Behind a brake: {behind} more."
    return Tile(
        "queue",
        "due now",
        f"{pulse.ready}{more}{age}",
        threshold,
        list_url(Message, due="overdue"),
        "danger" if pulse.stuck and not facts.is_off else "",
        f"{pulse.stuck} stuck." if pulse.stuck else "",
        facts.drawn(lambda one: one.ready),
    )


def _failed(facts: Sending) -> Tile:
    pulse = facts.pulse
    outcomes = pulse.failed_hour + pulse.sent_hour
    is_bad = outcomes >= FAILED_LEAST and pulse.failed_share >= FAILED_ALARM
    return Tile(
        "failed",
        "failed in an hour",
        f"{pulse.failed_share:.1%}",
        f"{pulse.failed_hour} of {outcomes}. Act from {FAILED_ALARM:.0%} of {FAILED_LEAST} or more.",
        list_url(Message, failed="hour"),
        "danger" if is_bad else "",
        "Look for what the answers have in common." if is_bad else "",
        facts.drawn(lambda one: one.failed_share * 100, " %"),
    )


def _unknown(facts: Sending) -> Tile:
    count = facts.pulse.unknown
    return Tile(
        "unknown",
        "outcome unknown",
        str(count),
        "Each one is settled by a person.",
        list_url(Message, status__exact=Message.Status.UNKNOWN),
        "danger" if count else "",
        "Ask the provider or the Sent folder." if count else "",
        facts.drawn(lambda one: one.unknown),
    )


def _replies(facts: Sending) -> Tile:
    pulse = facts.pulse
    lies = (pulse.oldest_reply_age or 0) > UNREAD_SECONDS
    return Tile(
        "replies",
        "replies in an hour",
        f"{pulse.replies_hour}, {pulse.replies_waiting} unread",
        f"Act when one lies unread for {UNREAD_SECONDS // 60} min.",
        list_url(InboundMessage, processed_at__isnull="True"),
        "danger" if lies else "",
        f"The oldest lies for {_age(pulse.oldest_reply_age or 0)}." if lies else "",
        facts.drawn(lambda one: one.replies_hour),
    )


def _posts(facts: Sending) -> Tile:
    pulse = facts.pulse
    return Tile(
        "webhooks",
        "webhooks failed",
        f"{pulse.posts_failed}, {pulse.posts_refused} refused",
        f"Waiting: {pulse.posts_waiting}. Act on every failed one.",
        list_url(ProviderDelivery, status__exact=ProviderDelivery.Status.FAILED),
        "danger" if pulse.posts_failed else "",
        "Their events are not applied." if pulse.posts_failed else "",
        facts.drawn(lambda one: one.posts_failed + one.posts_refused),
    )


def _senders(facts: Sending) -> Tile:
    pulse = facts.pulse
    left = (
        "none left yet"
        if pulse.last_left_age is None
        else f"last mail {_age(pulse.last_left_age)} ago"
    )
    is_missing = pulse.senders == 0 and (pulse.oldest_age or 0) > NO_SENDER_SECONDS
    return Tile(
        "senders",
        "senders at work",
        str(pulse.senders),
        f"{left.capitalize()}. Act when mail is due and none is there.",
        list_url(Message, stuck="yes"),
        "danger" if is_missing and not facts.is_off else "",
        "No sender holds a slot: look at the mail workers." if is_missing else "",
        facts.drawn(lambda one: one.senders),
    )


def heartbeat_tile() -> Tile:
    """Return how long ago a worker last ran a task that beat had sent."""
    label, threshold = "last heartbeat", f"Act over {HEARTBEAT_LIMIT_SECONDS} s."
    beaten_at = cache.get(HEARTBEAT_KEY)
    if beaten_at is None:
        note = "No worker has run."
        return Tile("heartbeat", label, "none", threshold, tone="danger", note=note)
    age = max(0, round(time.time() - beaten_at))
    is_silent = age >= HEARTBEAT_LIMIT_SECONDS
    return Tile(
        "heartbeat",
        label,
        f"{age} s",
        threshold,
        tone="danger" if is_silent else "",
        note="Look at beat and workers." if is_silent else "",
    )


def _age(seconds: float) -> str:
    return duration(timedelta(seconds=seconds))
