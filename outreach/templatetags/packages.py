"""Words and colours of packages, people and mails."""

from datetime import timedelta

from django import template
from django.urls import NoReverseMatch, reverse

from outreach.checks import Check
from outreach.models import Contact, Message, Package

register = template.Library()

_PACKAGE_TONES = {"ready": "warn", "approved": "accent", "done": "ok"}
_VERDICT_TONES = {"valid": "ok", "risky": "warn", "catch_all": "warn", "invalid": "danger"}
_MAIL_TONES = {
    "approved": "accent",
    "scheduled": "accent",
    "sent": "ok",
    "delivered": "ok",
    "held": "warn",
    "unknown": "warn",
    "bounced": "danger",
    "complained": "danger",
    "failed": "danger",
}
_CHECK_CLASSES = {"ok": "ok", "warn": "warn", "block": "danger"}


@register.filter
def package_tone(package: Package) -> str:
    """Return the badge tone of a package's state."""
    return _PACKAGE_TONES.get(package.status, "")


@register.filter
def verdict_tone(contact: Contact) -> str:
    """Return the badge tone of a verdict on an address."""
    return _VERDICT_TONES.get(contact.verdict, "")


@register.filter
def mail_tone(message: Message) -> str:
    """Return the badge tone of a mail's state."""
    return _MAIL_TONES.get(message.status, "")


@register.filter
def check_css(check: Check) -> str:
    """Return the list class of a check."""
    return _CHECK_CLASSES[check.state]


@register.filter
def check_link(check: Check, package: Package | None = None) -> str:
    """Return where a check can be mended, or nothing; with `package` its anchors lead to the package page."""
    if check.place.startswith("#"):
        page = reverse("outreach:package-detail", args=[package.public_id]) if package else ""
        return f"{page}{check.place}"
    try:
        return reverse(check.place) if check.place else ""
    except NoReverseMatch:  # a page that this installation does not have
        return ""


@register.filter
def hold_words(hold: timedelta) -> str:
    """Return a hold as words: "For 10 minutes"."""
    seconds = int(hold.total_seconds())
    if seconds < 60:
        return f"For {seconds} seconds"
    minutes = seconds // 60
    return f"For {minutes} minute{'' if minutes == 1 else 's'}"
