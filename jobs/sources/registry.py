"""Which boards RoleFerry reads, and which board an address or a saved answer belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jobs.fetching import Fetcher
from jobs.network import FetchRefusedError, FetchTransientError, RobotsRefusedError
from jobs.sources.ashby import AshbyAdapter
from jobs.sources.base import (
    BoardAdapter,
    BoardRef,
    BoardResult,
    UnlistedSourceError,
    decode_json,
    unavailable,
)
from jobs.sources.greenhouse import GreenhouseAdapter
from jobs.sources.lever import LeverAdapter
from jobs.sources.recruitee import RecruiteeAdapter

ADAPTERS: dict[str, BoardAdapter] = {
    adapter.kind: adapter
    for adapter in (GreenhouseAdapter(), LeverAdapter(), AshbyAdapter(), RecruiteeAdapter())
}


@dataclass(frozen=True)
class SavedAnswer:
    """A saved answer of a board: which board, and what it says."""

    ref: BoardRef
    result: BoardResult


def adapter_for(kind: str) -> BoardAdapter:
    """Return the adapter of a source kind, or raise UnlistedSourceError."""
    if kind not in ADAPTERS:
        raise UnlistedSourceError(f"RoleFerry has no reader for boards of the kind {kind!r}.")
    return ADAPTERS[kind]


def board_from_url(url: str) -> BoardRef:
    """Return the board an address belongs to, or raise UnlistedSourceError with what to do."""
    for adapter in ADAPTERS.values():
        ref = adapter.board_from_url(url)
        if ref is not None:
            return ref
    names = ", ".join(adapter.name for adapter in ADAPTERS.values())
    raise UnlistedSourceError(
        f"This address is not a job board RoleFerry may read (it reads {names}). "
        "Paste the posting's text, or upload the saved page instead."
    )


def detect_saved_answer(body: bytes) -> SavedAnswer | None:
    """Read an uploaded JSON answer of any known board; None if it is not one.

    A bare `[]` is read as Lever's empty board; the text "Not Found" as Ashby's missing one.
    """
    if body.strip().lower() == b"not found":
        document: object = None
        ref: BoardRef | None = BoardRef("ashby", "")
    else:
        try:
            document = decode_json(body)
        except ValueError:
            return None
        found = (adapter.recognises(document) for adapter in _by_precision())
        ref = next(filter(None, found), None)
    if ref is None:
        return None
    result = adapter_for(ref.kind).parse(body, 200, "application/json", ref)
    return SavedAnswer(ref, result)


def _by_precision() -> list[BoardAdapter]:
    """Ashby before Greenhouse: both name their list "jobs", only Ashby's carries a version."""
    return [ADAPTERS[kind] for kind in ("ashby", "greenhouse", "lever", "recruitee")]


def fetch_board(fetcher: Fetcher, ref: BoardRef, *, etag: str = "") -> BoardResult:
    """Return what a board says now; with the `etag` of last time it may be "unchanged".

    Never raises for the network: a failure is a board that is unavailable, a refusal (robots.txt)
    likewise with `robots` "disallowed", each with its sentence. The result's etag is what to send next time.
    """
    adapter = adapter_for(ref.kind)
    try:
        answer = fetcher.fetch(adapter.api_url(ref), etag=etag, accept="application/json")
    except (FetchRefusedError, FetchTransientError) as error:
        robots = "disallowed" if isinstance(error, RobotsRefusedError) else ""
        failed = unavailable(adapter.name, "the fetch failed")
        return replace(failed, message=str(error), etag=etag, robots=robots)
    result = adapter.parse(answer.body, answer.status, answer.content_type, ref)
    etag = answer.etag or (etag if answer.status == 304 else "")
    return replace(result, etag=etag, robots=answer.robots)
