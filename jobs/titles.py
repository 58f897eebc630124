"""Job titles as matching sees them: the craft, the seniority, the function."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.places import is_place

MAX_CHARACTERS = 300


@dataclass(frozen=True)
class NormalizedTitle:
    """A title without its packing.

    `normalized` is lower case without gender notes, places, numbers and seniority words.
    `seniority` is intern, junior, mid, senior, staff, principal, lead, manager, director, vp,
    executive or ""; `level` is "ic" or "manager"; `function` is one of FUNCTIONS or "".
    """

    normalized: str
    seniority: str
    level: str
    function: str


MANAGING = {"manager", "director", "vp", "executive"}

# Checked in this order: the first that occurs decides ("Senior Engineering Manager" manages,
# "Lead Staff Engineer" is staff, "Associate Director" directs).
_SENIORITY = (
    ("intern", r"intern(?:ship)?|working student|werkstudent(?:in)?|praktikant(?:in)?|praktikum|stagiaire|stage|trainee|apprentice|co-?op|auszubildende[r]?|alternan(?:t|ce)"),
    ("executive", r"chief(?! of staff)[\w &-]*officer|c[efotipmrs]o|ciso|founder|co-?founder|managing director|president|geschäftsführer(?:in)?|general manager"),
    ("vp", r"(?:s|e|a)?vp|vice[- ]president"),
    ("director", r"director|head of|head(?=,|$)|leiter(?:in)?|directeur|directrice|direktor(?:in)?"),
    ("manager", r"(?:engineering|development|software|design|data|research|people|team|sales|support|success team|qa|it|technical support|analytics|finance|hr) manager|manager,? (?:engineering|software|data|design|sales|research|people)|manager of|team ?leader|teamleiter(?:in)?|supervisor|people lead|gerente|chef d'équipe"),
    ("principal", r"principal|distinguished|fellow"),
    ("staff", r"(?<!chief of )staff(?!ing)|expert"),
    ("lead", r"(?:tech |technical |team )?lead(?!s|ership| gen)|leading|responsable"),
    ("senior", r"senior|sr\.?|snr|s[eé]nior|erfahrene[r]?|seasoned|iii|iv|l[45]|level [34]"),
    ("junior", r"junior|jr\.?|entry[- ]level|graduate|new ?grad|early career|associate(?! director)|berufseinsteiger(?:in)?|l[12]|level 1|i"),
    ("mid", r"mid[- ]?(?:level|senior|career)|mid(?![- ]?(?:market|size|stage|west|town))|intermediate|medior|ii|l3|level 2"),
)  # fmt: skip
SENIORITY_RULES = tuple(
    (name, re.compile(rf"(?<![\w'’]){'(?:' + words + ')'}(?![\w'’])", re.IGNORECASE))
    for name, words in _SENIORITY
)

# Titles where "associate", "manager" or "partner" is the craft and not a rank over people.
_CRAFT_MANAGER = re.compile(
    r"\b(?:product|project|program(?:me)?|account|community|customer success|success|office|case|"
    r"social media|content|brand|marketing|campaign|partner(?:ship)?s?|event|category|property|"
    r"release|delivery|change|risk|compliance|vendor|territory|relationship|growth|crm|seo)\s+manager\b",
    re.IGNORECASE,
)

# The first rule that occurs decides, so the more special come first.
_FUNCTIONS = (
    ("data", r"data (?:scien\w+|analy\w+|engineer\w*|architect|steward|platform)|machine learning|\bml\b|\bai\b|deep learning|\bnlp\b|computer vision|statistic\w+|business intelligence|\bbi\b|analytics engineer|datenanalyst\w*|quantitative|research scientist|applied scientist|llm|mlops"),
    ("security", r"security|infosec|penetration|\bsoc analyst|appsec|threat|cyber\w*"),
    ("product", r"product (?:manager|owner|lead|director|management|operations)|head of product|(?:vp|director|chief)[\w, ]* product\b(?! (?:design|market))|\bcpo\b|produktmanager\w*|chef de produit"),
    ("design", r"design(?:er|s)?\b(?! engineer| verification)|\bux\b|\bui\b|user experience|user research\w*|creative director|illustrator|gestalter\w*|animator"),
    ("support", r"support|customer success|customer experience|customer service|help ?desk|kundenservice|kundenbetreu\w+|technical account manager"),
    ("sales", r"sales(?!force (?:dev|eng|arch|admin|consult))|account executive|account manager|business development|\b[sb]dr\b|\bae\b|presales|revenue|vertrieb\w*|commercial|partner development|partnerships?|solutions? consultant|key account"),
    ("marketing", r"marketing|\bseo\b|content|copywriter|brand|growth|communications?|public relations|\bpr\b|social media|demand generation|editor|writer|community"),
    ("people", r"recruit\w+|talent|human resources|\bhr\b|people (?:ops|operations|partner|lead|manager|and culture|team)|sourcer|personal(?:referent|leiter)\w*|learning and development"),
    ("finance", r"financ\w+|account(?:ant|ing)|controller|controlling|tax|treasury|audit\w*|payroll|\bfp&a\b|\bcfo\b|buchhalt\w+|bookkeep\w+|comptable|billing"),
    ("legal", r"legal|counsel|lawyer|attorney|paralegal|compliance|privacy officer|jurist\w*|contracts? manager"),
    ("engineering", r"engineer\w*|developer|programmer|software|devops|\bsre\b|site reliability|full[- ]?stack|front[- ]?end|back[- ]?end|architect|entwickler\w*|développeu\w+|desarrollador\w*|ingénieur\w*|ingeniero|ingenieur\w*|\bqa\b|tester|tech(?:nical)? lead|technology officer|test automation|sysadmin|system administrator|infrastructure|android|\bios\b|embedded|firmware|\bcto\b|database administrator|\bdba\b|platform|salesforce"),
    ("operations", r"operations?|\bops\b|logistic\w*|supply chain|procurement|facilit\w+|office manager|chief of staff|executive assistant|administrat\w+|warehouse|project manager|program(?:me)? manager|projektleiter\w*|project lead|scrum master|agile coach|\bcoo\b|strategy|business analyst|implementation"),
    ("research", r"research\w*|scientist|laborator\w+|chemist|biolog\w+|physicist"),
    ("healthcare", r"nurse|physician|doctor|clinical|therap\w+|pharmac\w+|medical|caregiver|dental|dentist|pflege\w*"),
    ("education", r"teacher|lecturer|professor|tutor|instructor|curriculum|lehrer\w*|trainer"),
)  # fmt: skip
FUNCTION_RULES = tuple((name, re.compile(words, re.IGNORECASE)) for name, words in _FUNCTIONS)
FUNCTIONS = tuple(name for name, _rule in FUNCTION_RULES)

_LETTERS = r"(?:m|w|f|d|x|h|k|i|g|n|t|div(?:ers)?|gn|all|male|female|diverse|mann|frau)"
_GENDER = re.compile(
    rf"[(\[]\s*{_LETTERS}(?:\s*[/|,*•·]\s*{_LETTERS})+\s*[)\]]|[(\[]\s*(?:all genders?|gn|m/w/d)\s*[)\]]"
    rf"|(?<!\w)(?:m/w/d|w/m/d|f/m/d|m/f/d|m/f/x|f/m/x|h/f|m/f|f/h|all genders)(?!\w)",
    re.IGNORECASE,
)
_GENDER_ENDING = re.compile(r"(?<=\w)(?:[:*_/·]-?in(?:nen)?|\(in\)|\(e\)|\(a\)|·e)(?!\w)")
_REQUISITION = re.compile(
    r"[(\[#]?\s*\b(?:req(?:uisition)?|job|ref(?:erence)?|id|jr|r)\s?(?:id|no\.?|number)?\s?[-#:]?\s?\d{3,}[\w-]*\s*[)\]]?"
    r"|(?<!\w)#\s?\d{2,}|\b\d{5,}\b|\(\s*\d{3,}\s*\)",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:fully remote|100\s?% remote|remote|hybrid|on-?site|in-office|full[- ]?time|part[- ]?time|vollzeit|teilzeit|"
    r"contract(?:or)?|permanent|temporary|freelance|fixed[- ]term|urgent(?:ly)?|immediate(?: start)?|"
    r"visa sponsorship|1099|w2|c2c|cdi|cdd|us only|eu only|emea|apac|amer|latam|dach|nordics|"
    r"\d{1,3}\s?%|\d{1,3}\s?-\s?\d{1,3}\s?%|\d+\s*months?)\b",
    re.IGNORECASE,
)
_LEVEL_MARK = re.compile(r"(?<![\w'’])(?:i{1,3}|iv|v|l\d|level \d|[1-5])(?![\w'’])", re.IGNORECASE)
_SUFFIX = re.compile(r"\s+(?:-|–|—|\||@|•|·)\s+|\s*[|•]\s*|,\s+|\s*/{2,}\s*")
_BRACKET = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


def normalize_title(title: str) -> NormalizedTitle:
    """Return the craft, seniority, level and function a posting's title names."""
    compact = " ".join(title[:MAX_CHARACTERS].split())
    plain = _strip_packing(compact)
    seniority = _seniority(plain)
    level = "manager" if seniority in MANAGING else "ic"
    return NormalizedTitle(_craft(plain), seniority, level, _function(plain))


def _strip_packing(title: str) -> str:
    """Return the title without gender notes, numbers, terms and places."""
    text = _GENDER_ENDING.sub("", _GENDER.sub(" ", title))
    text = _REQUISITION.sub(" ", text)
    text = _BRACKET.sub(_keep_bracket, text)
    pieces = [piece.strip(" ,;:-–—|/") for piece in _SUFFIX.split(text)]
    kept = [piece for index, piece in enumerate(pieces) if piece and _is_title_piece(piece, index)]
    return ", ".join(kept or [text.strip(" ,-–—|")])


def _keep_bracket(match: re.Match[str]) -> str:
    """Keep what a bracket says about the craft; drop places, terms and numbers."""
    inside = match.group(1).strip()
    pieces = [piece.strip() for piece in re.split(r"[,/|]", inside)]
    dull = all(not _NOTE.sub("", piece).strip(" -+") or is_place(piece) for piece in pieces)
    return " " if dull else f" {inside} "


def _is_title_piece(piece: str, index: int) -> bool:
    without_notes = _NOTE.sub("", piece).strip(" -–—,()/&")
    return bool(without_notes) and not (index and is_place(without_notes))


def _seniority(plain: str) -> str:
    craft = _CRAFT_MANAGER.sub(lambda match: match.group().replace("anager", "anaging"), plain)
    for name, rule in SENIORITY_RULES:
        if rule.search(craft):
            return name
    is_managing = re.search(r"\bmanager\b", craft, re.IGNORECASE) and not _CRAFT_MANAGER.search(
        plain
    )
    return "manager" if is_managing else ""


def _craft(plain: str) -> str:
    """Return the title's words without rank: "Senior Software Engineer II" → software engineer."""
    text = _LEVEL_MARK.sub(" ", _NOTE.sub(" ", plain))
    for name, rule in SENIORITY_RULES:
        if name in ("junior", "mid", "senior", "staff", "principal"):
            text = rule.sub(" ", text)
    text = re.sub(
        r"(?<![\w'’])(?<!tech )(?<!technical )(?<!team )lead(?! gen)(?![\w'’])",
        " ",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\s*[/,&-]\s*(?=[/,&-]|$)|^[\s/,&-]+", " ", text)
    words = " ".join(re.sub(r"[()\[\],;:|]", " ", text).lower().split()).strip(" -–—/&+")
    return words or " ".join(plain.lower().split())


def _function(plain: str) -> str:
    for name, rule in FUNCTION_RULES:
        if rule.search(plain):
            return name
    return ""
