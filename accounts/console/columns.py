"""Columns of lists and lines of object pages: masked personal data, links that name nobody, readable JSON."""

import json
from collections.abc import Callable
from datetime import UTC, timedelta
from functools import cache
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from accounts.console.masking import mask_addresses_in, mask_email
from accounts.models import AuditEntry


class Column:
    """A named callable that Django admin takes for a column or a read-only line."""

    admin_order_field = None
    boolean = False

    def __init__(self, name: str, label: str, show: Callable[[Any], object]) -> None:
        """Show `show(row)` under `label`."""
        self.__name__ = name
        self.short_description = label
        self.show = show

    def __call__(self, row: Any) -> Any:
        """Return what stands in the cell; None and "" show as a dash."""
        return self.show(row)


def masked(
    name: str, label: str = "", mask: Callable[[str], str] = mask_email, *, path: str = ""
) -> Column:
    """Return a column of personal data behind its mask; `path` may follow foreign keys by double underscores."""

    def show(row: Any) -> object:
        value = row
        for part in (path or name).split("__"):
            value = getattr(value, part, None)
        return mask(str(value)) if value else ""

    return Column(f"masked_{name}", label or name.replace("_", " "), show)


def sentence(name: str, label: str = "", limit: int = 90) -> Column:
    """Return a column of a machine's words, cut short, with the addresses in them masked."""
    return Column(
        f"short_{name}",
        label or name.replace("_", " "),
        lambda row: mask_addresses_in(str(getattr(row, name) or ""))[:limit],
    )


def linked(name: str, label: str = "") -> Column:
    """Return a column that links to a related row's page under its kind and number, for which nothing is read."""

    def show(row: Any) -> object:
        field = row._meta.get_field(name)
        number = getattr(row, field.attname)
        return _link(field.related_model, number) if number is not None else ""

    return Column(f"linked_{name}", label or name.replace("_", " "), show)


def moment(name: str, label: str = "") -> Column:
    """Return a column with a point in time in UTC, on a 24-hour clock."""

    def show(row: Any) -> object:
        value = getattr(row, name)
        return date_format(localtime(value, UTC), "j M Y, H:i") if value else ""

    return Column(name, label or name.replace("_", " "), show)


def duration(span: timedelta) -> str:
    """Return a span in its largest unit, such as "4 min" or "3 d"; with a minus when it lies ahead."""
    seconds = span.total_seconds()
    sign, seconds = ("-" if seconds <= -1 else ""), abs(seconds)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{sign}{seconds / size:.0f} {unit}"
    return f"{sign}{seconds:.0f} s"


def readable_json(name: str, label: str = "") -> Column:
    """Return a line with a JSON value, indented, addresses masked."""

    def show(row: Any) -> object:
        value = getattr(row, name)
        if not value:
            return ""
        text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
        return format_html("<pre>{}</pre>", mask_addresses_in(text))

    return Column(f"json_{name}", label or name.replace("_", " "), show)


def who_did(entry: AuditEntry) -> str:
    """Return the actor: staff by their address, a member behind a mask, automation by its name."""
    is_staff = entry.actor is not None and entry.actor.is_staff
    return entry.actor_label if is_staff or not entry.actor_id else mask_email(entry.actor_label)


def link_to(row: models.Model) -> str:
    """Return a link to the row's page, or its name alone when the console has no page for it."""
    return _link(type(row), row.pk)


def _link(model: type[models.Model], number: int) -> str:
    name = _name(model, number)
    try:
        url = address_of(model, number)
    except NoReverseMatch:
        return name
    return format_html('<a href="{}">{}</a>', url, name)


def address_of(model: type[models.Model], pk: int) -> str:
    """Return the address of a row's page; raises NoReverseMatch when the console has none.

    A list asks for hundreds: the URLconf is read once for each model.
    """
    return f"{_list_address(model, get_urlconf(), get_script_prefix())}{int(pk)}/change/"


@cache
def _list_address(model: type[models.Model], urlconf: str | None, prefix: str) -> str:
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist", urlconf)


def name_of(row: models.Model) -> str:
    """Return how the console calls a row: its kind and number; never personal data."""
    return _name(type(row), row.pk)


def _name(model: type[models.Model], number: object) -> str:
    return f"{model._meta.verbose_name} {number}".capitalize()
