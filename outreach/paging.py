"""Keyset pages: a place in a list ordered by a moment and an id, as text in an address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime


@dataclass(frozen=True)
class Slice:
    """Some rows of a list; `next_cursor` is empty on the last page."""

    rows: list[Any]
    next_cursor: str = ""


def write_cursor(moment: datetime, pk: int) -> str:
    """Return the place of a row as text."""
    return f"{moment.isoformat()}~{pk}"


def read_cursor(text: str) -> tuple[datetime, int] | None:
    """Return the place that `text` names, or None for the beginning; nonsense counts as the beginning."""
    moment_text, _, pk_text = text.replace(" ", "+").partition("~")
    try:
        moment = parse_datetime(moment_text)
    except ValueError:
        return None
    is_id = pk_text.isascii() and pk_text.isdigit() and len(pk_text) < 19
    if moment is None or moment.tzinfo is None or not is_id:
        return None
    return moment, int(pk_text)


def page_of(
    rows: QuerySet[Any], *, by: str, size: int, cursor: str = "", newest_first: bool = False
) -> Slice:
    """Return the page of `rows` after `cursor`, ordered by the moment field `by` and the id.

    One query, however far into the list; `by` must never be null in `rows`.
    """
    after = read_cursor(cursor)
    if after is not None:
        moment, pk = after
        way = "lt" if newest_first else "gt"
        rows = rows.filter(Q(**{f"{by}__{way}": moment}) | Q(**{by: moment, f"pk__{way}": pk}))
    order = [f"-{by}", "-pk"] if newest_first else [by, "pk"]
    found = list(rows.order_by(*order)[: size + 1])
    shown = found[:size]
    last = shown[-1] if len(found) > size else None
    return Slice(shown, write_cursor(getattr(last, by), last.pk) if last is not None else "")
