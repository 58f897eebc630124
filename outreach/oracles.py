"""Who can tell whether a mail was taken: the mailbox's Sent folder by Message-ID, or its provider's interface.

All questions about one mailbox are asked in one visit, in a thread, with a deadline.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

from mailboxes import imap
from mailboxes.imap import ImapError, ImapSession
from mailboxes.imap_folders import decode_name, homes_of_sent_mail, sent_folder
from mailboxes.models import Mailbox
from mailboxes.receipts import TransportError
from outreach.provider_oracles import look_up
from outreach.recovery import Answer, Stray, Verdict

logger = logging.getLogger(__name__)

# Recovery looks every ten seconds and a sender must stop within thirty: a server that is slower is asked later again.
VISIT_SECONDS = 10.0
# Slow mail servers must not take the threads that judge hosts for those who send.
THREADS = 4
# A recovery's questions arrive within one turn of the event loop or two.
GATHER_SECONDS = 0.02
UNASKED = Answer(Verdict.UNKNOWN)

Look = Callable[[Mailbox, Sequence[Stray]], Mapping[int, Answer]]

# Look-ups by provider (Mailbox.Provider), called in a worker thread with everything asked about one mailbox. They answer
# by the stray's id (a missing one is unknown) and raise TransportError when the provider cannot be asked.
PROVIDER_ORACLES: dict[str, Look] = dict.fromkeys(
    (Mailbox.Provider.MAILGUN, Mailbox.Provider.POSTMARK), look_up
)


class MailboxOracle:
    """Asks the mailbox that carried a mail. One object serves one event loop at a time."""

    def __init__(self, *, visit_seconds: float = VISIT_SECONDS) -> None:
        self._visit_seconds = visit_seconds
        self._asked: dict[int, list[tuple[Stray, asyncio.Future[Answer]]]] = {}
        self._visits: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(THREADS, "mailbox-oracle")

    async def outcome(self, stray: Stray) -> Answer:
        """Return what the stray's mailbox knows of it; UNKNOWN when it cannot be asked now."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        waiting = self._asked.setdefault(stray.mailbox_id, [])
        waiting.append((stray, answer))
        if len(waiting) == 1:
            visit = asyncio.create_task(self._visit(stray.mailbox_id))
            self._visits.add(visit)
            visit.add_done_callback(self._visits.discard)
        return await answer

    async def _visit(self, mailbox_id: int) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        asked = self._asked.pop(mailbox_id)
        strays = [stray for stray, _ in asked]
        loop = asyncio.get_running_loop()
        found: Mapping[int, Answer] = {}
        try:
            found = await loop.run_in_executor(
                self._threads, look, mailbox_id, strays, self._visit_seconds
            )
        finally:
            for stray, answer in asked:
                if not answer.done():
                    answer.set_result(found.get(stray.id, UNASKED))


def look(mailbox_id: int, strays: Sequence[Stray], visit_seconds: float) -> Mapping[int, Answer]:
    """Ask about some mails of one mailbox; what cannot be told is missing. Raises nothing that the world can cause."""
    try:
        mailbox = Mailbox.objects.get(pk=mailbox_id)
        by_interface = PROVIDER_ORACLES.get(mailbox.provider)
        if by_interface is not None:
            return by_interface(mailbox, strays)
        return look_into_sent_folder(mailbox, strays, visit_seconds=visit_seconds)
    except (ImapError, TransportError) as error:
        logger.warning(
            "A mailbox could not be asked what it sent",
            extra={"mailbox": mailbox_id, "reason": str(error)},
        )
        return {}
    finally:
        connections.close_all()


def look_into_sent_folder(
    mailbox: Mailbox, strays: Sequence[Stray], *, visit_seconds: float = VISIT_SECONDS
) -> dict[int, Answer]:
    """Ask by IMAP, in one visit. Absence proves something only where the server itself files what it sends.

    A mail that its owner moved to the archive or the trash was sent all the same, so these are searched as well.
    Raises ImapError, and TransportError when an access token cannot be renewed.
    """
    endpoint = imap.endpoint_of(mailbox, visit_seconds=visit_seconds)
    if endpoint is None:
        return {}
    with ImapSession(endpoint) as session:
        folders = session.folders()
        sent = sent_folder(folders) or mailbox.sent_folder
        homes = homes_of_sent_mail(folders, sent)
        found = session.find([stray.message_id for stray in strays], homes)
    # What was learned holds for the folder it was learned of, and for no other.
    is_filed = bool(mailbox.files_sent_copies and sent and sent == mailbox.sent_folder)
    return {
        stray.id: _answer(mailbox, found.get(stray.message_id, ""), is_filed=is_filed)
        for stray in strays
    }


def _answer(mailbox: Mailbox, folder: str, *, is_filed: bool) -> Answer:
    if folder:
        return Answer(
            Verdict.ACCEPTED, f"Found by its Message-ID in “{decode_name(folder)}” of {mailbox}."
        )
    if is_filed:
        proof = f"{mailbox} files every mail it sends, and this one is not there."
        return Answer(Verdict.NOT_ACCEPTED, proof)
    return UNASKED
