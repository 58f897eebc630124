"""Absence notices: recognising them in several languages and finding the day of return."""

import re
from datetime import date, datetime, timedelta

import dateparser

# A return further away than this is a misread year, or a leave that no sequence should wait for.
FARTHEST = timedelta(days=366)
# How much of a notice is looked at for its marks: the first sentences say it.
OPENING = 700

# How mail programs name the notice in its subject, always at the beginning (an answer to a notice begins with Re:).
_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|responder)|autoreply|out of (?:the )?office|ooo\b|away from (?:the )?office|on (?:annual |parental |sick )?leave\b|on vacation\b|vacation reply|"
    r"automatische antwort|abwesenheit|abwesend|nicht im büro|im urlaub|"
    r"réponse automatique|absence du bureau|absent(?:e)? du bureau|absence\s*:|"
    r"respuesta automática|fuera de (?:la )?oficina|"
    r"risposta automatica|fuori (?:sede|ufficio)|assenza dall'ufficio|"
    r"resposta automática|fora do escritório|ausência|"
    r"automatisch antwoord|afwezig|niet op kantoor|"
    r"automatyczna odpowiedź|odpowiedź automatyczna|nieobecność|poza biurem|"
    r"autosvar|automatiskt svar|frånvaro|fravær|automaattinen vastaus|poissa|"
    r"автоматический ответ|нет на месте|otomatik yanıt|automatická odpověď|mimo kancelář|自動応答|自动回复|不在)",
    re.IGNORECASE,
)
# What the notice itself says.
_BODY = re.compile(
    r"out of (?:the |my )?office|\booo\b|(?:i am|i'm|i’m|i will be|i'll be) (?:currently )?(?:away|on (?:annual |parental |maternity |paternity |sick )?(?:leave|vacation|holiday)|travell?ing|out until|off until)|away from (?:the office|my (?:desk|e-?mail|inbox))|on (?:annual |parental |maternity |paternity )leave|limited access to (?:my )?e-?mail|"
    r"(?:bin|befinde mich)(?: ich)? (?:\S+ ){0,8}?(?:nicht im (?:büro|haus)|im urlaub|abwesend|außer haus|in elternzeit)|nicht im büro|außer haus|urlaubsbedingt|"
    r"(?:je suis|je serai|étant) (?:\S+ ){0,5}?(?:absente?|en congés?|en vacances)|absente? du bureau|actuellement absente?|en congé (?:maternité|parental|jusqu)|"
    r"fuera de (?:la |mi )?oficina|(?:estoy|estaré|me encuentro) (?:\S+ ){0,4}?(?:de vacaciones|ausente|fuera)|"
    r"(?:sono|sarò) (?:\S+ ){0,4}?(?:fuori (?:sede|ufficio)|assente|in ferie)|fuori ufficio|"
    r"(?:estou|estarei|encontro-me) (?:\S+ ){0,4}?(?:de férias|ausente|fora)|fora do escritório|"
    r"(?:ben|ik ben) (?:\S+ ){0,6}?(?:afwezig|niet op kantoor|op vakantie|met verlof)|niet aanwezig|"
    r"(?:jestem|będę) (?:\S+ ){0,4}?(?:nieobecn[ya]|na urlopie|poza biurem)|przebywam na urlopie|"
    r"(?:jag är|är) (?:\S+ ){0,4}?(?:på semester|inte på kontoret|ledig|bortrest|föräldraledig)|(?:jeg er|er) (?:\S+ ){0,4}?(?:på ferie|ikke på kontoret|bortreist)|olen (?:\S+ ){0,3}?(?:lomalla|poissa)|"
    r"(?:в отпуске|отсутствую|нет в офисе)|(?:ofis dışında|izindeyim)|(?:na dovolené|mimo kancelář)|(?:不在にして|休暇|外出|休假)",
    re.IGNORECASE,
)
# Without a header or subject that marks it, a notice also thanks for the mail or names who to turn to.
_FORM_WORDS = re.compile(
    r"thank you for your (?:e-?mail|message)|thanks for your (?:e-?mail|message)|will (?:respond|reply|answer|get back)|for urgent|in urgent|limited access|please contact|"
    r"vielen dank für ihre|danke für ihre|in dringenden|wenden sie sich|wird nicht weitergeleitet|merci de votre|en cas d'urgence|gracias por su|en caso de urgencia|para asuntos urgentes|"
    r"grazie per|per urgenze|in caso di urgenza|obrigad[oa] pel[oa]|em caso de urgência|bedankt voor|dringende|dziękuję za|w pilnych",
    re.IGNORECASE,
)
_DATE = (
    r"(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\s?\d{1,2}[./-]?(?:\s?\d{4}|\d{2}\b)?|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2}月\d{1,2}日|"
    r"(?:the )?\d{1,2}(?:st|nd|rd|th|er|\.|º)?(?: of| de| di| d')? ?[^\W\d_]{3,12}\.?(?:,? (?:de |del )?\d{4})?|"
    r"(?:[^\W\d_]{3,9},? )?[^\W\d_]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?\b(?:,? \d{4})?|"
    r"(?:next |nächsten |prochain )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi|mercredi|jeudi|vendredi|lunes|martes|miércoles|jueves|viernes|lunedì|martedì|mercoledì|giovedì|venerdì|maandag|dinsdag|woensdag|donderdag|vrijdag))"
)
_WEEKDAY = r"(?:[^\W\d_]{2,14}(?:-feira)?,? (?:den |dem |le |el |il |o |dia |dnia )?)?"
# The words before the day of return, strongest first: "back on" beats the first day of the absence.
_LEADS = (
    r"(?:back (?:in the office |at work |at my desk |online )?(?:on|from|by)?|return(?:ing)?(?: to (?:the office|work))?(?: on| by)?|wieder (?:ab |am |zurück ab |erreichbar ab |für sie da ab )?(?:dem |den |zum )?|zurück(?: im büro)?(?: ab| am| sein)?(?: dem)?|de retour (?:au bureau )?(?:le|à partir du|dès le)?|mon retour(?: le)?|(?:regreso|vuelvo|volveré|regresaré|estaré de vuelta|reincorporaré)(?: a la oficina)? (?:el)?|(?:rientro|rientrerò|tornerò|di ritorno)(?: in ufficio)? (?:il|dal)?|(?:regresso|retorno|volto|retornarei|voltarei)(?: ao escritório)? (?:em|a|no dia|dia)?|(?:terug|weer (?:aanwezig|bereikbaar))(?: op| vanaf)?|(?:wracam|wrócę|powrót|powrotu)(?: do (?:biura|pracy))?|tillbaka(?: på kontoret)?(?: den)?|tilbake(?: på kontoret)?(?: den)?|palaan(?: töihin)?|вернусь|выйду)",
    r"(?:till och med|t\.o\.m\.|til og med|until|till|through|up to|bis(?: einschließlich| zum)?(?: den)?|jusqu(?:'|’)(?:au|à)|jusqu(?:'|’)|hasta (?:el )?(?:día )?|fino al?|fino a|até(?: ao| o| dia)?(?: dia)?|tot(?: en met)?|t/m|do(?: dnia)?|saakka|asti|до|(?:to|-|–|au|al|a) )",
)
_RETURNS = [
    *(re.compile(rf"(?<!\w){lead}[ :,]*{_WEEKDAY}{_DATE}", re.IGNORECASE) for lead in _LEADS),
    # Chinese and Japanese name the day first.
    re.compile(
        r"(?P<date>(?:\d{4}年)?\d{1,2}月\d{1,2}日)(?:に|から|より|まで)?\s?(?:復帰|戻|出社|回来|返回|上班)?"
    ),
]
_EASTERN_DAY = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")
_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "fi", "ru", "ja", "zh"]
# A text that names 11/20 anywhere, or an American clock, writes the month first.
_MONTH_FIRST = re.compile(r"\b\d{1,2}/(?:1[3-9]|2\d|3[01])\b|\b(?:AM|PM|EST|EDT|PST|PDT|CST|CDT)\b")
# "Automatic reply" alone may be any machine's; the other subjects speak of absence.
_ONLY_AUTOMATIC = re.compile(
    r"\s*(?:auto|réponse auto|respuesta auto|risposta auto|resposta auto|odpowiedź auto|автомат|otomatik|自動応答|自动回复)",
    re.IGNORECASE,
)


def find(*, subject: str, text: str, has_mark: bool) -> str:
    """Return the words that make a mail an absence notice, or an empty string.

    With a machine mark in the headers one phrase in subject or opening, or a day of return, is enough. Without, the
    subject must begin like a notice and the text say it too, or the text read like a form and ask nothing.
    """
    opening = text[:OPENING]
    named, said = _SUBJECT.match(subject), _BODY.search(opening)
    speaks_of_absence = bool(named) and not _ONLY_AUTOMATIC.match(subject)
    if has_mark:
        found = said or (named if speaks_of_absence else None)
        found = found or _RETURNS[0].search(opening)
        return found.group().strip() if found else ""
    if named and (said or speaks_of_absence):
        return named.group().strip()
    is_form = _FORM_WORDS.search(opening) and "?" not in opening
    return said.group().strip() if said and is_form else ""


def return_date(text: str, *, sent_at: datetime) -> date | None:
    """Return the day someone is back, as an absence notice says; None when it names none.

    Dates without a year are the next such day after `sent_at`; days before it and beyond a year are not believed.
    """
    flat = " ".join(text.split())
    orders = ("MDY", "DMY") if _MONTH_FIRST.search(flat) else ("DMY", "MDY")
    for pattern in _RETURNS:
        for found in pattern.finditer(flat):
            for order in orders:
                day = _read_day(found.group("date"), order, sent_at)
                if day and sent_at.date() <= day <= sent_at.date() + FARTHEST:
                    return day
    return None


def _read_day(fragment: str, order: str, sent_at: datetime) -> date | None:
    eastern = _EASTERN_DAY.fullmatch(fragment)
    if eastern:
        fragment, order = "/".join(filter(None, eastern.group(2, 3, 1))), "MDY"
    settings = {
        "RELATIVE_BASE": sent_at.replace(tzinfo=None),
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": order,
    }
    cleaned = re.sub(r"(\d)\.\s+(?=\d)", r"\1.", fragment).strip(" .,")
    parsed = dateparser.parse(cleaned, languages=_LANGUAGES, settings=settings)
    return parsed.date() if parsed else None
