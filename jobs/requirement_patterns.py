"""The words by which postings state what they ask for, as patterns for `jobs.requirements`."""

import re
from enum import StrEnum


class LineKind(StrEnum):
    """What a line of a posting is to a candidate."""

    MUST = "must"
    NICE = "nice"
    RESPONSIBILITY = "responsibility"
    OTHER = "other"


class ConditionKind(StrEnum):
    """A condition that skill alone does not meet; a person has to check it."""

    VISA = "visa"
    CITIZENSHIP = "citizenship"
    CLEARANCE = "clearance"
    LANGUAGE = "language"
    ON_SITE = "on_site"
    LICENCE = "licence"
    TRAVEL = "travel"
    SHIFTS = "shifts"


BULLET = re.compile(r"^[\s•*·▪◦‣●○–—\-]+|^\s*\d{1,2}[.)]\s+")
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9“\"])")
MAX_HEADING_WORDS = 12

_HEADINGS = (
    (
        LineKind.NICE,
        (
            r"nice[- ]to[- ]ha\w+|bonus(?: points)?|(?:a |big )?plus(?:es)?$|preferred|preferably|desirable|desired"
            r"|^(?:a|it(?:'|’)s a) plus if|good to have|great to have|extra credit|advantageous|ideally|would be great|not required|optional"
        ),
    ),
    (
        LineKind.MUST,
        (
            r"must[- ]ha\w+|require(?:d|ments?)|qualifications?|what you(?:'|’)?(?:ll| will)? (?:need|bring)"
            r"|you (?:have|bring|are)$|who you are|about you|your (?:profile|skills|background|experience)"
            r"|what we(?:'|’)?(?:re| are) looking for|we(?:'|’)?re looking for|looking for|skills|experience$"
            r"|great (?:addition|fit)|if you have|you have$|you should have|essential|minimum|what you have|you might be a fit|ideal candidate|expect from you"
        ),
    ),
    (
        LineKind.RESPONSIBILITY,
        (
            r"responsibilit\w+|what you(?:'|’)?(?:ll| will)? (?:do|be doing|work on|own)|your (?:role|tasks|mission|impact|work)"
            r"|the (?:role|job|position|work)$|you will$|you(?:'|’)ll$|about the (?:role|job|position)|you will$|duties|day[- ]to[- ]day|job description"
            r"|in this role|key tasks|main tasks|how you(?:'|’)?ll"
        ),
    ),
    (
        LineKind.OTHER,
        (
            r"benefits|perks|what we offer|we offer|why (?:join|work|us)|about (?:us|the company|the team)|who we are"
            r"|compensation|salary|our (?:values|story|mission|culture|stack)|equal opportunit\w+|how to apply"
            r"|interview process|hiring process|our process|location|diversity|what(?:'|’)s in it|company description"
        ),
    ),
)
HEADING_PATTERNS = tuple(
    (kind, re.compile(rf"\b(?:{pattern})", re.IGNORECASE)) for kind, pattern in _HEADINGS
)

NICE_LINE = re.compile(
    r"\b(?:nice to have|(?:is|are|would be|as) (?:a |an |considered a )?(?:big |strong |real |definite )?"
    r"(?:plus|bonus|advantage|asset)|a plus|bonus points?|preferred|preferably|ideally|desirable"
    r"|advantageous|not (?:required|necessary|a must)|optional|good to have|helpful)\b",
    re.IGNORECASE,
)
MUST_LINE = re.compile(
    r"\b(?:must|required|requires?|essential|mandatory|minimum|at least|need to have|proven|proficien\w+|fluen\w+"
    r"|(?:strong|solid|deep|good|excellent|extensive|hands-on|working|in-depth|demonstrable|prior|previous|professional"
    r"|relevant|practical) (?:\w+ ){0,3}(?:experience|knowledge|understanding|skills|background|command|grasp)"
    r"|experience (?:with|in|of|as|building|working|using|leading|managing)|knowledge of|familiar\w* with|background in"
    r"|\d+\+? (?:years|yrs)|degree in|expertise in|understanding of|ability to|certifi\w+)\b",
    re.IGNORECASE,
)
TASK_LINE = re.compile(
    r"^(?:you(?:'|’)ll|you will|you are going to|in this role|as an? [\w -]{3,40}, you will)\b"
    r"|^(?:design|build|develop|lead|manage|own|drive|create|maintain|support|work|collaborate|partner|write|ensure"
    r"|define|deliver|coordinate|plan|prepare|analy[sz]e|review|run|help|implement|monitor|mentor|contribute"
    r"|participate|improve|conduct|provide|oversee|assist|operate|test|report|identify|shape|set up|take)\b",
    re.IGNORECASE,
)
OFFER_LINE = re.compile(
    r"\b(?:we offer|401\(?k|health insurance|paid (?:time|holiday|vacation|parental)|parental leave|equity|stock options"
    r"|pension|gym|equal opportunity|regardless of|without regard to|reasonable accommodation|days of (?:holiday|vacation)"
    r"|founded in|we are a|our mission|we believe|headquartered|apply (?:now|here|via|by|through))\b",
    re.IGNORECASE,
)

# Where the asking ends and the small print begins, whatever heading stands above.
CLOSING_LINE = re.compile(
    r"\b(?:by applying|equal[- ]opportunity|regardless of|without regard to|reasonable accommodation|fraud\w*|privacy"
    r"|personal data|pay range|base salary|salary range|all qualified applicants|we celebrate|legally protected)\b",
    re.IGNORECASE,
)

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        start=1,
    )
}
_AMOUNT = rf"(?:\d{{1,2}}(?:\.\d)?|{'|'.join(NUMBER_WORDS)})"
YEARS = re.compile(
    rf"(?P<least>{_AMOUNT})\s*(?:\+|plus)?\s*(?:(?:-|–|—|to)\s*(?P<most>{_AMOUNT})\s*\+?\s*)?"
    r"[- ]?(?:years?|yrs?)\b(?:'|’)?(?=(?P<rest>[^.;\n]{0,80}))",
    re.IGNORECASE,
)
EXPERIENCE = re.compile(
    r"\b(?:experien\w*|expertise|track record|background|work(?:ed|ing)|in (?:a|an|the) (?:\w+ )?(?:role|position)"
    r"|(?:managing|leading|building|developing|writing|selling|designing|practi[cs]\w+))\b",
    re.IGNORECASE,
)
NOT_ASKED = re.compile(
    r"\b(?:founded|we have|we(?:'|’)ve|our company|company with|for over|over the (?:past|last|next)|in the (?:past|last|next)"
    r"|the (?:past|last|next)|years? ago|anniversary|contract|fixed[- ]term|within|years? old|of age|warranty)\b",
    re.IGNORECASE,
)

_DEGREES = (
    ("doctorate", r"ph\.?\s?d\.?|doctorate|doctoral degree"),
    (
        "master",
        r"master(?:'|’)?s?(?:'|’)?(?:\s+degree|\s+of\s+\w+|\s+in\b|\b(?=\s*(?:/|or)))|m\.?sc\.?|mba|graduate degree|advanced degree",
    ),
    (
        "bachelor",
        (
            r"bachelor(?:'|’)?s?|b\.?sc\.?|\bb\.?[as]\.?(?=\s*(?:/|degree|in\b|or\b))|undergraduate degree|university degree"
            r"|college degree|academic degree|degree in|four[- ]year degree|\bdegree"
        ),
    ),
    (
        "vocational",
        r"apprenticeship|vocational (?:training|qualification)|trade certificate|associate(?:'|’)?s? degree",
    ),
)
DEGREE_PATTERNS = tuple(
    (level, re.compile(rf"(?<![\w.])(?:{pattern})(?!\w)", re.IGNORECASE))
    for level, pattern in _DEGREES
)
EXPERIENCE_REPLACES = re.compile(
    r"\bor (?:an? )?(?:equivalent|comparable|similar|relevant|related)|equivalent (?:work |practical |professional )?experience",
    re.IGNORECASE,
)

_LANGUAGES = (
    "English|German|French|Spanish|Italian|Portuguese|Dutch|Danish|Swedish|Norwegian|Finnish|Polish|Czech|Hungarian"
    "|Romanian|Turkish|Russian|Ukrainian|Arabic|Hebrew|Hindi|Mandarin|Cantonese|Chinese|Japanese|Korean|Greek"
)
LANGUAGE = re.compile(rf"\b(?:{_LANGUAGES})\b")
_CONDITIONS = (
    (
        ConditionKind.VISA,
        (
            r"(?:no|not|unable to|cannot|can(?:'|’)t|do(?:es)? not|won(?:'|’)t)\b[^.\n]{0,40}\b(?:visa|sponsor\w*)"
            r"|without (?:visa |the need for )?sponsorship|(?:legally )?(?:authori[sz]ed|eligible|entitled|right|permission) to work"
            r"|(?:valid )?work (?:permit|authori[sz]ation|visa)"
        ),
    ),
    (
        ConditionKind.CITIZENSHIP,
        r"(?:u\.?s\.?|eu|uk|british|american|canadian|australian) (?:citizen\w*|nationals?|persons?)\b|citizenship (?:is )?required",
    ),
    (
        ConditionKind.CLEARANCE,
        r"security clearance|ts/sci|top secret|(?:sc|dv|secret) clear(?:ed|ance)|background check|criminal record check|dbs check",
    ),
    (
        ConditionKind.LANGUAGE,
        (
            rf"(?:fluen\w+|native|proficien\w+|business|professional|excellent|very good|good|strong|written|spoken|speak\w*|C[12]|B[12])"
            rf"[^.;\n]{{0,40}}?\b(?:{_LANGUAGES})\b|\b(?:{_LANGUAGES})\b[^.;\n]{{0,25}}?"
            r"\b(?:speak(?:er|ing)|fluen\w+|required|is a must|mandatory|at (?:least )?(?:level )?[BC][12]|[BC][12]|skills|native)"
        ),
    ),
    (
        ConditionKind.ON_SITE,
        (
            r"(?:fully |100 ?% )?(?:on[- ]?site|in[- ](?:the )?office|in[- ]person)\b(?! (?:interview|gym|parking|visit|event|lunch|meal))"
            r"|not (?:a )?remote|no remote|must (?:be (?:based|located)|live|reside|relocate)|relocation (?:is )?required"
            r"|\d days? (?:a|per) week in (?:the|our) office"
        ),
    ),
    (
        ConditionKind.LICENCE,
        (
            r"driv(?:er|ing)(?:'|’)?s?(?:'|’)? licen[cs]e|(?:professional|state|nursing|medical|teaching|rn) licen[cs](?:e|ure)"
            r"|licensed \w+ required|admitted to the bar|bar admission|chartered (?:accountant|engineer)"
        ),
    ),
    (
        ConditionKind.TRAVEL,
        (
            r"(?:up to |approximately |about )?\d{1,3} ?%[^.\n]{0,15}\btravel\w*|travel\w*[^.\n]{0,25}?\d{1,3} ?%"
            r"|willing\w*(?: to)? travel|frequent travel|travel (?:is )?required"
        ),
    ),
    (
        ConditionKind.SHIFTS,
        r"(?:night|weekend|rotating|evening|early|late) shifts?|shift work|on[- ]call (?:rotation|duty|shifts?)|work (?:on )?weekends",
    ),
)
CONDITION_PATTERNS = tuple(
    (kind, re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE)) for kind, pattern in _CONDITIONS
)
NEGATED = re.compile(
    r"\b(?:no|not|without|never|isn(?:'|’)t|don(?:'|’)t)\b[^.;\n]{0,25}$", re.IGNORECASE
)
