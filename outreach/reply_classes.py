"""What an answer says, by rules: its class, how sure we are, and the words that decided."""

import re
from dataclasses import dataclass

from outreach.models import Reply

Kind = Reply.Kind

# An answer says what it says at its beginning; what follows is often a signature.
OPENING = 1500
EVIDENCE_LENGTH = 200
# Nothing matched, or an empty answer: a person should look.
UNSURE = 0.3


@dataclass(frozen=True, kw_only=True)
class Classified:
    """A class with confidence 0–1; `evidence` quotes the sentence that decided, empty when none did."""

    kind: Reply.Kind
    confidence: float
    evidence: str = ""


# In the order they are asked: a wish to be left alone outranks politeness, a "no" outranks a "thank you, but let us talk
# about others". Each rule: class, confidence, words in the languages our openings come in (en, de, fr, es, it, nl, pt).
RULES: tuple[tuple[Reply.Kind, float, re.Pattern[str]], ...] = (
    (
        Kind.UNSUBSCRIBE,
        0.95,
        re.compile(
            r"\bunsubscribe\b|(?:please )?(?:remove|take) me (?:off|from)|(?:stop|quit|cease) (?:e-?mailing|contacting|writing|messaging|sending)|"
            r"(?:do not|don'?t|don’t|never) (?:contact|e-?mail|write(?: to)?|message) me|no (?:more|further) (?:e-?mails|messages|contact)|"
            r"(?:keine|keinerlei) (?:weiteren )?(?:e-?mails|mails|nachrichten)|nicht mehr (?:an)?schreiben|nehmen sie mich .{0,30}(?:verteiler|liste)|austragen|abmelden|"
            r"d[ée]sabonne|d[ée]sinscri|ne (?:me |m['’])(?:contactez|[ée]crivez) plus|"
            r"no me (?:contacte|escriba|env[íi]e)|darme de baja|non (?:mi )?(?:contatt|scriv)\w+ più|cancella(?:temi|rmi)|"
            r"niet meer (?:mailen|contacteren|benaderen)|uitschrijven|n[ãa]o me (?:contacte|escreva|envie)",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.REJECTED,
        0.85,
        re.compile(
            r"(?:not|won'?t|won’t) (?:be )?(?:moving|move|proceed(?:ing)?|go(?:ing)?) (?:forward|ahead|further)?\b.{0,40}(?:application|candidacy|you|with|forward|further)|decided (?:not to|to (?:pursue|move forward with|proceed with) (?:other|another|different))|"
            r"(?:position|role|vacancy|job|opening) (?:has|is|was)(?: already| now)?(?: been)? (?:filled|closed|taken|cancelled|canceled|on hold)|unfortunately.{0,120}(?:not (?:moving|move|proceed|been|be able to offer|selected|select|hiring|looking|a (?:fit|match)|going|successful|progress)|no longer|other candidates|filled|closed|no (?:open|suitable|vacan))|"
            r"(?:regret|sorry) to (?:inform|tell|let)|we (?:are|'re|’re) not (?:hiring|looking|recruiting)|not (?:a (?:good )?(?:fit|match)|the right (?:fit|match))|no openings|"
            r"leider.{0,140}(?:absage|absagen|besetzt|vergeben|andere[nr]? (?:bewerb|kandidat|profil)|nicht (?:berücksichtig|anbieten|weiter)|keine (?:stelle|position|vakanz|passende))|(?:stelle|position) (?:ist|wurde) (?:bereits |schon |leider )?(?:besetzt|vergeben)|absage|"
            r"malheureusement.{0,140}(?:pas|pourvu|autre)|nous avons le regret|poste (?:est|a été) (?:déjà )?pourvu|"
            r"lamentablemente|lamentamos|desafortunadamente|ya (?:está|ha sido) cubiert|purtroppo|siamo spiacenti|helaas.{0,120}(?:niet|geen|vervuld)|infelizmente",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        Kind.NOT_NOW,
        0.75,
        re.compile(
            r"not (?:right )?now\b|not at (?:this|the) (?:time|moment)|(?:circle|check|get|reach) back (?:in|later|next|to us)|(?:later this|next) (?:year|quarter)|hiring freeze|maybe (?:later|next)|in a few months|keep your (?:details|resume|cv|profile) on file|"
            r"(?:derzeit|momentan|aktuell|zurzeit|im moment) (?:\S+ ){0,4}?(?:nicht|keine|kein)|zu einem späteren zeitpunkt|einstellungsstopp|"
            r"pas (?:pour le moment|actuellement|en ce moment)|plus tard|(?:por ahora|de momento|por el momento) no|no (?:por ahora|de momento|por el momento)|al momento non|non (?:al momento|adesso)|op dit moment (?:geen|niet)|neste momento n[ãa]o",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.MEETING,
        0.85,
        re.compile(
            r"(?:schedule|set up|arrange|book|have|hop on|jump on|do) (?:a |an |some )?(?:quick |short |brief |intro(?:ductory)? |first |phone |video )*(?:call|chat|meeting|interview|time|conversation)|"
            r"(?:are you|would you be|when are you) (?:free|available)|(?:your|my|our) (?:availability|calendar)|calendly|what time|which (?:day|time)|let(?:'|’)?s (?:talk|meet|speak|chat)|let us (?:talk|meet|speak)|minutes (?:for|to) (?:a|talk|chat|speak)|for an? (?:quick |short |brief |first |phone |video )*(?:call|chat|meeting|conversation|interview)\b|send (?:you )?an invit|invite you (?:to|for)|"
            r"(?:termin|telefonat|gespräch|kennenlernen) (?:\S+ ){0,5}?(?:vereinbaren|ausmachen|führen|anbieten|einladen)|(?:wann|hätten sie|haben sie) .{0,40}zeit|einladen|lassen sie uns (?:sprechen|telefonieren)|"
            r"(?:fixer|convenir|prévoir|organiser) (?:d['’])?un (?:rendez-vous|appel|entretien|échange)|vos disponibilités|(?:agendar|concertar|programar) una (?:llamada|reunión|entrevista)|disponibilidad|(?:fissare|organizzare) (?:una|un) (?:chiamata|colloquio|incontro|call)|(?:afspraak|gesprek) (?:\S+ ){0,3}?(?:plannen|maken|inplannen)|(?:agendar|marcar) uma (?:chamada|conversa|reunião|entrevista)",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.INTERESTED,
        0.75,
        re.compile(
            r"(?:i am|i'm|i’m|we are|we're|we’re|very|definitely|sounds) (?:\S+ )?(?:interested|interesting|intrigued|impressed)|(?:sounds|looks) (?:\S+ )?(?:good|great|promising|interesting)|(?:love|like|happy|glad|keen|pleased) to (?:hear|learn|know|see|talk|chat|discuss|connect|meet)|(?:send|share) (?:me |us |over )*(?:your|the) (?:cv|resume|résumé|portfolio|details)|forwarded (?:your|this|it)|tell (?:me|us) more|your (?:background|profile|experience) (?:is|looks|seems) |yes,? (?:please|let|we|i|that)|"
            r"(?:klingt|hört sich) (?:\S+ ){0,2}?(?:gut|interessant|spannend)|(?:sehr )?interessiert|ihr profil .{0,40}(?:passt|interessant|spannend)|freuen uns|lebenslauf|(?:votre|ton) (?:profil|parcours|candidature) .{0,40}intéress|intéressé|me interesa|nos interesa|interesante|(?:mi|ci) interessa|interessante|geïnteresseerd|klinkt (?:\S+ )?(?:goed|interessant)|tenho interesse|parece interessante",
            re.IGNORECASE,
        ),
    ),
    (Kind.QUESTION, 0.6, re.compile(r"[??]")),
)


def classify(visible_text: str) -> Classified:
    """Return what the newly written text of a human answer says; never raises.

    The first rule that matches decides. A question mark alone makes a question; nothing at all makes "other".
    """
    opening = visible_text[:OPENING]
    for kind, confidence, pattern in RULES:
        found = pattern.search(opening)
        if found:
            return Classified(
                kind=kind, confidence=confidence, evidence=_sentence(opening, found.span())
            )
    return Classified(kind=Kind.OTHER, confidence=UNSURE)


def _sentence(text: str, span: tuple[int, int]) -> str:
    """Return the sentence around a match, cut to EVIDENCE_LENGTH characters."""
    start = max(text.rfind(mark, 0, span[0]) for mark in (".", "!", "?", "\n")) + 1
    ends = [end for mark in (".", "!", "?", "\n") if (end := text.find(mark, span[1] - 1)) >= 0]
    end = min(ends) + 1 if ends else len(text)
    return " ".join(text[start:end].split())[:EVIDENCE_LENGTH]
