"""What a refusal means: is the address dead, is it a passing trouble, or does the server refuse our mail by policy.

Neither the first digit nor the code alone decides. Real servers use 5.x.x for full mailboxes, greylists and spam
verdicts, so the server's own words are read first and only clear cases close an address for ever.
"""

import re
from dataclasses import dataclass

from mailboxes.models import DeliveryEvent

Kind = DeliveryEvent.BounceKind

# RFC 3463 section 2: class.subject.detail
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BASIC = re.compile(r"(?<![\d.])([245])([0-5])(\d)(?![\d.])")

_ADDRESS = re.compile(r"<?[^\s<>@]{1,200}@[^\s<>@]{1,253}>?")

# Words that say our mail or our server is refused, whoever the recipient is.
_POLICY_WORDS = re.compile(
    r"spam|junk|blocked|blacklist|block ?list|dnsbl|\brbl\b|spamhaus|barracuda|reputation|unsolicited|"
    r"\bbulk mail|policy|polic(?:ies)|dmarc|\bspf\b|\bdkim\b|authenticat|not authori[sz]ed|not allowed to send|"
    r"relay(?:ing)? (?:access )?(?:denied|not permitted)|unable to relay|poor sender|banned|virus|malware|"
    r"content reject|message content|suspicious|rejected by (?:filter|administrator)|access denied.*\bip\b|ptr record|"
    r"reverse dns|rdns|too many (?:connections|messages)|sender (?:rejected|denied|address rejected)|mail from .*(?:reject|denied)",
    re.IGNORECASE,
)
# Words that say there is nobody at the address.
_GONE_WORDS = re.compile(
    r"user (?:is )?unknown|unknown (?:user|recipient|local part|address|mailbox|account)|no such (?:user|recipient|mailbox|address|person|account)|"
    r"(?:user|recipient|mailbox|address|account|e-?mail) (?:\S+ ){0,3}?(?:does not|doesn'?t|not) exist|"
    r"(?:does not|doesn'?t) (?:exist|have an? (?:\S+ )?account)|recipient (?:not found|address rejected: user)|"
    r"(?:user|mailbox|address|account|recipient) (?:\S+ ){0,2}?not found|resolver\.adr\.(?:recipient)?notfound|"
    r"(?:invalid|bad) (?:recipient|mailbox|address|destination mailbox)|no mailbox (?:here )?by that name|"
    r"not a (?:valid|known) (?:user|mailbox|recipient|address)|is not (?:a )?known|"
    r"mailbox (?:is )?unavailable|no longer (?:valid|works|with|employed|available|in use|accept)|address no longer|"
    r"no such domain|domain (?:\S+ ){0,3}?(?:does not exist|not found|is not reachable)|host (?:or domain name )?(?:unknown|not found)|unknown host|"
    r"recipient address rejected: access denied|does not accept mail|undeliverable address|unrouteable address|"
    r"account (?:\S+ ){0,3}?(?:deleted|closed|terminated)|destinat\w+ (?:\S+ )?unknown|"
    r"unbekannter? (?:empf|benutzer)|utilisateur inconnu|usuario desconocido|destinatario sconosciuto",
    re.IGNORECASE,
)
# Words that say it may work later, whatever the code.
_LATER_WORDS = re.compile(
    r"quota|mailbox (?:is )?full|over ?size|too large|storage|insufficient|disk space|grey ?list|gray ?list|try (?:again )?later|"
    r"temporar|timed? ?out|time-?out|connection (?:refused|reset|lost)|delivery time expired|retry|deferred|throttl|"
    r"rate limit|too many (?:recipients|hops)|loop|suspended|disabled|inactive|dormant|out of (?:storage|space|memory)",
    re.IGNORECASE,
)
# A full mailbox belongs to somebody, even where the server calls the address unknown beside it.
_FULL_WORDS = re.compile(
    r"(?:mailbox|inbox|quota)\S* (?:\S+ ){0,2}?(?:full|exceeded)|over ?quota", re.IGNORECASE
)
# "Domain of sender address does not exist" is about our side.
_SENDER_WORDS = re.compile(r"(?:of sender|sender)(?: e?-?mail)? (?:address|domain)", re.IGNORECASE)
# Enhanced codes whose meaning is certain enough without words (RFC 3463, and the IANA registry for 5.1.10).
_HARD_CODES = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
# Sender-side codes outside 5.7: bad sender address (5.1.7, 5.1.8, 5.1.9).
_SENDER_CODES = frozenset({"5.1.7", "5.1.8", "5.1.9"})


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """A judged refusal. `status` is the enhanced code (`5.1.1`), the basic one (`550`) when there is no other, or empty."""

    kind: DeliveryEvent.BounceKind
    status: str


def classify(status: str, diagnostic: str) -> Bounce:
    """Return what a refusal means from its code and the server's words; either may be empty.

    Hard only when the address itself is said to be dead: an unproven refusal stays soft, because a hard bounce closes
    an address for ever. Blocks (policy, reputation, authentication: RFC 3463's x.7.x) are about us, not the recipient.
    """
    enhanced, basic = _codes(status, diagnostic)
    # An address such as spam@ or no-policy@ says nothing about the refusal.
    kind = _kind(enhanced, basic, _ADDRESS.sub("", diagnostic))
    return Bounce(kind=kind, status=enhanced or basic)


def _kind(enhanced: str, basic: str, words: str) -> DeliveryEvent.BounceKind:
    is_passing = enhanced.startswith("4") or (not enhanced and basic.startswith("4"))
    if is_passing or _FULL_WORDS.search(words):
        return Kind.SOFT
    if enhanced in _SENDER_CODES or _SENDER_WORDS.search(words):
        return Kind.BLOCK
    gone, policy = _GONE_WORDS.search(words), _POLICY_WORDS.search(words)
    if gone and not policy:
        return Kind.HARD
    # X.1.1 beside the word "rejected by policy" is still a dead address; X.7.x beside it never is.
    if enhanced in _HARD_CODES and not _LATER_WORDS.search(words) and (gone or not policy):
        return Kind.HARD
    if enhanced.startswith("5.7.") or policy:
        return Kind.BLOCK
    return Kind.SOFT


def _codes(status: str, diagnostic: str) -> tuple[str, str]:
    """Return the most telling enhanced code and the basic code, each possibly empty.

    A general code in the field (5.0.0) gives way to a precise one in the words.
    """
    found = [match.group() for text in (status, diagnostic) for match in _ENHANCED.finditer(text)]
    failures = [code for code in found if not code.startswith("2")]
    precise = [code for code in failures if not code.endswith(".0.0")]
    basic = [match.group() for text in (status, diagnostic) for match in _BASIC.finditer(text)]
    return (precise or failures or [""])[0], (basic or [""])[0]
