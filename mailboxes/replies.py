"""What a person wrote in this mail, and whether a person wrote it at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from mailboxes import absences
from mailboxes.models import InboundMessage

AutoReply = InboundMessage.AutoReply

# Regular expressions below look at no more than this; the rest of a longer text is quotes and footers.
TEXT_LIMIT = 100_000

# "On 3 May 2026, Olga Owner wrote:" as mail programs write it; the verb is at the end in most languages.
_WROTE = r"wrote|writes|schrieb|a écrit|a ecrit|escribió|escribio|ha scritto|escreveu|schreef|napisał(?:\(a\))?|skrev|kirjoitti|написал\(?а?\)?|пишет|yazdı|írta|napsal\(?a?\)?"
_ATTRIBUTION = re.compile(
    rf"^[ \t]*(?:(?:On|Am|Le|El|Il|Em|Op|W dniu|Dnia|Den|Om|Pe|Dne|Vào|Le)\b[^\n]{{3,200}}(?:\n[^\n]{{0,200}}){{0,2}}?|[^\n]{{0,200}}?<[^\n<>@]+@[^\n<>]+>[^\n]{{0,40}}?|[^\n]{{0,40}}\d{{4}}[^\n]{{3,160}}?)\b(?:{_WROTE})[^\n]{{0,120}}?:[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
# Languages whose verb stands before the name: "Dne 3. 5. 2026 napsal(a) Olga:" and Japanese or Chinese forms.
_ATTRIBUTION_EAST = re.compile(
    r"^[ \t]*[^\n]{0,160}(?:のメール|写道|寫道|님이 작성|wrote)[^\n]{0,20}[::][ \t]*$", re.MULTILINE
)
_ORIGINAL = re.compile(
    r"^[ \t>]*[-_*=]{2,}[ \t]*(?:Original Message|Original message|Forwarded message|Ursprüngliche Nachricht|Original-Nachricht|Weitergeleitete Nachricht|Message d'origine|Message original|Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|Oprindelig meddelelse|Ursprungligt meddelande|Alkuperäinen viesti|Исходное сообщение|Reply message|Reply above)[ \t]*[-_*=]*[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_FROM = r"From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|Expéditeur|Mittente|发件人|差出人"
_NEXT = r"Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado(?: el)?|Fecha|Para|Asunto|Inviato|Data|A|Oggetto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Sendt|Til|Emne|Lähetetty|Vastaanottaja|Wysłano|Do|Temat|Отправлено|Кому|Тема|Reply-To|Cc|Risposta"
_HEADER_BLOCK = re.compile(
    rf"^[ \t]*\*?(?:{_FROM}) ?:\*?[ \t][^\n]+\n(?:[ \t]*\n)?[ \t]*\*?(?:{_NEXT}) ?:\*?",
    re.MULTILINE | re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*_{20,}[ \t]*\Z")
_SIGNATURE = re.compile(r"^(?:--|—|––)[ \t]*$", re.MULTILINE)
_DEVICE = re.compile(
    r"^[ \t]*(?:Sent from my |Sent from (?:Outlook|Mail|Yahoo|Proton|Samsung)|Get Outlook for |Von meinem \S+ gesendet|Gesendet mit der |Envoyé de(?:puis)? mon |Enviado desde mi |Inviato da(?:l mio)? |Enviado do meu |Verstuurd vanaf mijn |Skickat från min |Sendt fra min |Lähetetty |Wysłane z |Отправлено с )[^\n]{0,80}$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED_LINE = re.compile(r"^[ \t]{0,3}>")


@dataclass(frozen=True, kw_only=True)
class AutoReplyVerdict:
    """Who wrote a mail. `evidence` quotes the header or words that decided; `return_date` is set for absences that name one."""

    kind: InboundMessage.AutoReply
    evidence: str = ""
    return_date: date | None = None


def visible_reply(text: str) -> str:
    """Return what was written new in a reply: without quoted mails, signature and device lines.

    Lines written between quotes stay, in order. When nothing new is left the answer is empty. `text` is plain text.
    """
    text = re.sub(r"\r\n?", "\n", text[:TEXT_LIMIT]).replace("\u200b", "").replace("\xa0", " ")
    text = _before_quoted_mail(text)
    lines = [line for line in text.split("\n") if not _QUOTED_LINE.match(line)]
    text = _without_signature("\n".join(lines))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def judge(
    *, headers: Mapping[str, str], subject: str, text: str, sent_at: datetime
) -> AutoReplyVerdict:
    """Return who wrote a mail that is not a delivery report: a person, an absence notice or another machine.

    RFC 3834: Auto-Submitted other than "no"; and the older marks X-Autoreply, X-Autorespond, Precedence auto_reply,
    bulk or junk, and a null Return-Path. `headers` maps lower-case names to values. Without any mark only an
    unmistakable absence notice counts, so that a person who mentions a holiday stays a person.
    """
    mark = _machine_mark(headers)
    absence = absences.find(subject=subject, text=visible_reply(text), has_mark=bool(mark))
    if absence:
        return AutoReplyVerdict(
            kind=AutoReply.OUT_OF_OFFICE,
            evidence="; ".join(filter(None, [mark, absence]))[:300],
            return_date=absences.return_date(f"{subject}\n{text[:3000]}", sent_at=sent_at),
        )
    if mark:
        return AutoReplyVerdict(kind=AutoReply.AUTOMATIC, evidence=mark[:300])
    return AutoReplyVerdict(kind=AutoReply.HUMAN)


def _machine_mark(headers: Mapping[str, str]) -> str:
    """Return the header that says a machine wrote this, or an empty string."""
    submitted = headers.get("auto-submitted", "").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return f"Auto-Submitted: {submitted}"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply"):
        value = headers.get(name, "").strip()
        if value and value.lower() not in {"no", "false"}:
            return f"{name}: {value}"
    precedence = headers.get("precedence", "").strip().lower()
    # Not "list": people answer through mailing lists and shared inboxes.
    if precedence in {"auto_reply", "auto-reply", "bulk", "junk"}:
        return f"Precedence: {precedence}"
    if headers.get("return-path", "?").strip() == "<>":
        return "Return-Path: <>"
    return ""


def _before_quoted_mail(text: str) -> str:
    """Return the text up to the first mark of a quoted mail, unless new lines follow between its quotes."""
    starts = [
        match.start()
        for pattern in (_ATTRIBUTION, _ATTRIBUTION_EAST, _ORIGINAL, _HEADER_BLOCK)
        if (match := pattern.search(text))
    ]
    if not starts:
        return text
    start = min(starts)
    before = _RULE.sub("", text[:start].rstrip())
    attribution = _ATTRIBUTION.match(text, start) or _ATTRIBUTION_EAST.match(text, start)
    if attribution and _answers_between_quotes(text[attribution.end() :]):
        return f"{before}\n{text[attribution.end() :]}"
    return before


def _answers_between_quotes(rest: str) -> bool:
    """Whether unquoted lines stand between or after quoted ones, as when someone answers point by point."""
    seen_quote = False
    for line in rest.split("\n"):
        if _QUOTED_LINE.match(line):
            seen_quote = True
        elif line.strip():
            return seen_quote
    return False


def _without_signature(text: str) -> str:
    for pattern in (_SIGNATURE, _DEVICE):
        match = pattern.search(text)
        # A mark in the very first line is no signature: something must have been said before it.
        if match and text[: match.start()].strip():
            text = text[: match.start()]
    return _DEVICE.sub("", text)
