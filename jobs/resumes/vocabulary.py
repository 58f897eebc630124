"""Words that tell job titles, organisations, schools, degrees and places apart, in four languages."""

import re

_TITLE_WORDS = """
engineer engineers developer programmer architect manager director president vp svp evp avp head lead leader chief officer
ceo cto cfo coo cmo cio ciso cpo cro founder cofounder co-founder owner partner principal staff associate analyst scientist
researcher intern internship trainee apprentice fellow postdoc postdoctoral assistant assistent coordinator specialist
consultant advisor adviser administrator executive supervisor designer writer editor journalist copywriter
translator teacher lecturer professor tutor instructor trainer coach mentor nurse physician doctor surgeon therapist
pharmacist technician mechanic electrician operator driver clerk cashier receptionist secretary accountant auditor
controller bookkeeper banker broker trader underwriter actuary lawyer attorney paralegal counsel judge planner strategist
representative salesperson salesman agent recruiter buyer merchandiser producer photographer illustrator artist animator
chef cook waiter waitress barista bartender host volunteer member contractor freelancer maintainer contributor
evangelist advocate ambassador marketer statistician mathematician physicist chemist biologist economist ta ra
sre dba tester qa ombudsman chair chairman chairwoman chairperson treasurer captain sergeant lieutenant major commander
resident investigator reviewer examiner inspector foreman superintendent expert generalist student superuser master
entwickler entwicklerin softwareentwickler softwareentwicklerin ingenieur ingenieurin leiter leiterin teamleiter
teamleiterin abteilungsleiter projektleiter projektleiterin berater beraterin referent referentin sachbearbeiter
sachbearbeiterin werkstudent werkstudentin praktikant praktikantin praktikum geschäftsführer geschäftsführerin
auszubildender auszubildende azubi mitarbeiter mitarbeiterin hilfskraft wissenschaftlicher assistentin lehrer
lehrerin dozent dozentin verkäufer verkäuferin kaufmann kauffrau techniker technikerin meister vorstand
prokurist produktmanager produktmanagerin projektmanager projektmanagerin systemadministrator redakteur redakteurin
architektin designerin analystin managerin trainerin tutorin freiberufler freiberuflerin aushilfe bereichsleiter
gruppenleiter gruppenleiterin fachinformatiker vertriebsleiter vertriebsmitarbeiter
ingénieur ingénieure développeur développeuse chef cheffe responsable directeur directrice gérant consultant consultante
stagiaire alternant alternante apprenti chargé chargée assistante technicien technicienne analyste chercheur chercheuse
professeur enseignant enseignante vendeur vendeuse conseiller conseillère comptable infirmier infirmière fondateur
ingeniero ingeniera desarrollador desarrolladora programador programadora gerente directora jefe jefa responsable becario
becaria analista consultor consultora técnico técnica profesor profesora investigador investigadora asistente
coordinador coordinadora encargado encargada vendedor vendedora contable enfermero enfermera fundador practicante arquitecto
arquitecta diseñador diseñadora auxiliar
"""
TITLE_WORDS = frozenset(_TITLE_WORDS.split())
DEPARTMENT_WORDS = frozenset(
    [
        "engineering",
        "marketing",
        "product",
        "platform",
        "growth",
        "infrastructure",
        "operations",
        "sales",
        "finance",
        "design",
        "data",
        "research",
        "security",
        "analytics",
        "development",
        "technology",
        "strategy",
        "communications",
        "people",
        "hr",
        "legal",
        "support",
        "banking",
        "partnerships",
        "mobile",
        "backend",
        "frontend",
        "web",
        "cloud",
        "devops",
        "ai",
        "ml",
        "learning",
        "science",
        "programs",
        "innovation",
        "solutions",
        "success",
        "experience",
        "logistics",
        "procurement",
        "equities",
        "markets",
        "risk",
        "compliance",
        "audit",
        "tax",
        "advisory",
        "content",
        "brand",
        "digital",
        "ecommerce",
        "payments",
        "systems",
        "emea",
        "apac",
        "americas",
        "europe",
        "north",
        "south",
        "east",
        "west",
        "global",
        "i",
        "ii",
        "iii",
        "iv",
        "v",
    ]
)
_ORGANISATION_WORDS = """
inc inc. llc ltd ltd. limited plc corp corp. corporation company co. gmbh ag kg se sa s.a. sarl sas s.l. sl bv b.v. nv oy ab
group holding holdings bank university college school institute institut hospital clinic foundation labs laboratories
laboratory studio studios partners technologies ventures capital agency ministry
department council association society museum library academy universität hochschule klinikum stiftung ministerium verein
e.v. université école hôpital mairie universidad instituto hospitalario ayuntamiento fundación clinique banque banco
airlines motors pharma pharmaceuticals energy industries international church army navy nasa committee club shelter center
centre
"""
ORGANISATION_WORDS = frozenset(_ORGANISATION_WORDS.split())
COMPANY_SUFFIX = re.compile(
    r"^(?:inc|llc|l\.l\.c|ltd|limited|plc|corp|co|gmbh|ag|kg|se|s\.?a|sarl|sas|s\.?l|b\.?v|n\.?v|lp|llp|pte|pty|ltda|s\.?p\.?a)\.?$",
    re.IGNORECASE,
)
_SCHOOL_KINDS = (
    r"universit\w*|universidad\w*|universidade|università|uni|college|school|institut\w*|instituto|academy|akademie|hochschule|"
    r"fachhochschule|gymnasium|lycée|lycee|école|ecole|escuela|politec\w*|polytech\w*|facult\w*|fakultät|conservator\w*|"
    r"colegio|kolleg|realschule|berufsschule|gesamtschule|seminary|bootcamp"
)
_SCHOOL_NAMES = (
    "ETH|EPFL|MIT|UCLA|USC|NYU|CMU|UCL|LSE|INSEAD|HEC|IIT|NIT|BITS|KTH|TU|FH|ESADE|IESE|KAIST|NUS|NTU|ESSEC|ESCP|INSA|Sciences Po|"
    "Caltech|Georgia Tech|Virginia Tech|Oxford|Cambridge|Harvard|Stanford|Yale|Princeton|Coursera|Udacity|edX|General Assembly"
)
SCHOOL_KIND = re.compile(rf"\b(?:\w*universität|\w*hochschule|{_SCHOOL_KINDS})\b", re.IGNORECASE)
INSTITUTION = re.compile(
    rf"\b(?:(?i:\w*universität|\w*hochschule|{_SCHOOL_KINDS})|{_SCHOOL_NAMES})\b"
)
CAMPUSES = frozenset(
    """berkeley|los angeles|san diego|davis|irvine|santa barbara|santa cruz|riverside|merced|san francisco|austin|dallas|
    arlington|el paso|san antonio|urbana-champaign|chicago|madison|milwaukee|ann arbor|dearborn|college park|baltimore county|
    boulder|denver|amherst|boston|lowell|chapel hill|greensboro|charlotte|knoxville|twin cities|bloomington|lincoln|
    new brunswick|newark|st. louis|columbia|fullerton|long beach|northridge|fresno|san jose|pomona|san luis obispo|kanpur|
    bombay|delhi|madras|kharagpur|roorkee|guwahati|hyderabad|pilani|buffalo|stony brook|albany|binghamton""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
_DEGREES = (
    r"Ph\.?\s?D\.?|D\.?Phil\.?|M\.?Phil\.?|Ed\.?D\.?|J\.?D\.?|M\.?D\.?|LL\.?\s?[BM]\.?|D\.?B\.?A\.?|Dr\.?(?:\s?-?\s?(?:rer\.?\s?nat|Ing|phil|med|iur)\.?)?|Doctor(?:ate)?(?:\s+of\s+\w+)?|Doctorado|Doctorat|Promotion|Doktor\w*|Postdoc\w*|"
    r"B\.?\s?Sc\.?(?:\s?\(?Hons\.?\)?)?|M\.?\s?Sc\.?|B\.?\s?Eng\.?|M\.?\s?Eng\.?|B\.?\s?Tech\.?|M\.?\s?Tech\.?|B\.?\s?Com\.?|M\.?\s?Com\.?|B\.?F\.?A\.?|M\.?F\.?A\.?|B\.?B\.?A\.?|E?M\.?B\.?A\.?|M\.?P\.?[AHP]\.?|M\.?Ed\.?|B\.?Ed\.?|M\.?Res\.?|M\.?Arch\.?|B\.?Arch\.?|B\.?C\.?A\.?|M\.?C\.?A\.?|"
    r"[BM]\.?S\.?N\.?|[BM]\.?S\.?W\.?|M\.?B\.?B\.?S\.?|Pharm\.?\s?D\.?|D\.?D\.?S\.?|B\.E\.|M\.E\.|B\.?\s?S\.?E?\.?|M\.?\s?S\.?E?\.?|B\.?\s?A\.?|M\.?\s?A\.?|A\.?A\.?S?\.?|A\.S\.|"
    r"(?:Executive\s+)?(?:Master|Bachelor|Associate)(?:['’]?s)?(?:\s+(?:of|in)\s+(?:Science|Arts|Engineering|Business Administration|Fine Arts|Laws|Law|Education|Technology|Applied Science|Philosophy|Commerce|Public Health|Public Administration|Public Policy|Architecture|Music|Design|Nursing|Social Work|Research|Applied Arts))?(?:\s+(?:degree|of))?(?!\w)|"
    r"Mast[eè]re?|Máster|Maestría|Licenciatura|Licenciad[oa]|Licence(?:\s+professionnelle)?|Grado|Ingenier[íi]a|Ingeniero|Diplôme(?:\s+d['’]ing[ée]nieur)?|DUT|BUT|BTS|DEUG|DESS|DEA|Baccalauréat|Bachillerato|Técnico superior|"
    r"Magister|Magisterarbeit|Diplom(?:-[A-ZÄÖÜ]\w+|[a-zäöü]+)?(?:\s\((?:FH|Univ\.|BA)\))?|Staatsexamen|(?:Allgemeine\s+)?(?:Fach)?[Hh]ochschulreife|Abitur|Matura|Realschulabschluss|Mittlere Reife|Ausbildung(?:\s+(?:zum|zur))?|"
    r"High School Diploma|International Baccalaureate|IB Diploma|GED|A[- ]Levels?|GCSEs?|HND|HNC|Honou?rs(?:\s+degree)?|Certificate|Diploma|Exchange(?:\s+(?:semester|student|year))?|Minor|Double Major|Major|Bootcamp"
)
DEGREE = re.compile(rf"(?<![\w.])(?P<degree>{_DEGREES})(?![\w])")
GRADE = re.compile(
    r"(?:\b(?:C?GPA|GPA|Grade|Final grade|Note|Abschlussnote|Gesamtnote|Notendurchschnitt|Moyenne|Mention|Nota(?:\s+media)?|Promedio)\b\s*[:=]?\s*(?:of\s+)?)"
    r"(?P<grade>\d{1,2}(?:[.,]\d{1,3})?(?:\s*(?:/|out of|sur|von|de)\s*\d{1,3}(?:[.,]\d{1,2})?)?|(?:très|assez)\s+bien|bien|sehr gut|gut)",
    re.IGNORECASE,
)
HUMAN_LANGUAGES = frozenset(
    [
        "english",
        "german",
        "french",
        "spanish",
        "italian",
        "portuguese",
        "dutch",
        "polish",
        "russian",
        "ukrainian",
        "chinese",
        "mandarin",
        "cantonese",
        "japanese",
        "korean",
        "arabic",
        "hindi",
        "urdu",
        "bengali",
        "punjabi",
        "tamil",
        "telugu",
        "turkish",
        "greek",
        "hebrew",
        "swedish",
        "norwegian",
        "danish",
        "finnish",
        "czech",
        "slovak",
        "hungarian",
        "romanian",
        "bulgarian",
        "serbian",
        "croatian",
        "slovenian",
        "persian",
        "farsi",
        "vietnamese",
        "thai",
        "indonesian",
        "malay",
        "swahili",
        "yoruba",
        "igbo",
        "hausa",
        "catalan",
        "basque",
        "galician",
        "latin",
        "irish",
        "welsh",
        "afrikaans",
        "albanian",
        "armenian",
        "estonian",
        "latvian",
        "lithuanian",
        "icelandic",
        "georgian",
        "marathi",
        "gujarati",
        "kannada",
        "malayalam",
        "amharic",
        "zulu",
        "filipino",
        "tagalog",
        "esperanto",
        "englisch",
        "deutsch",
        "französisch",
        "spanisch",
        "italienisch",
        "portugiesisch",
        "niederländisch",
        "polnisch",
        "russisch",
        "ukrainisch",
        "chinesisch",
        "japanisch",
        "koreanisch",
        "arabisch",
        "türkisch",
        "griechisch",
        "schwedisch",
        "tschechisch",
        "ungarisch",
        "rumänisch",
        "latein",
        "dänisch",
        "norwegisch",
        "anglais",
        "allemand",
        "français",
        "espagnol",
        "italien",
        "portugais",
        "néerlandais",
        "polonais",
        "russe",
        "chinois",
        "japonais",
        "arabe",
        "turc",
        "inglés",
        "alemán",
        "francés",
        "español",
        "castellano",
        "italiano",
        "portugués",
        "holandés",
        "polaco",
        "ruso",
        "chino",
        "japonés",
        "árabe",
        "turco",
        "catalán",
        "português",
        "inglês",
        "espanhol",
        "francês",
        "alemão",
        "italiano",
    ]
)
LANGUAGE_LEVEL = re.compile(
    r"\b(?:native(?:\s+speaker)?|bilingual|fluent|full professional|professional working|professional|conversational|intermediate|"
    r"basic|beginner|elementary|advanced|proficient|mother tongue|limited working|limited|working knowledge|"
    r"[ABC][12]\+?(?:\s*/\s*[ABC][12])?|muttersprache|muttersprachlich|fließend|verhandlungssicher|gute?\s?kenntnisse|grundkenntnisse|sehr gut|gut|fortgeschritten|"
    r"langue maternelle|maternelle|courant|bilingue|intermédiaire|débutant|notions|avancé|nativo|nativa|lengua materna|fluido|avanzado|"
    r"intermedio|básico|alto|medio|bajo|nativ\w*|fluently)\b",
    re.IGNORECASE,
)
STATES = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "DC",
        "ON",
        "QC",
        "BC",
        "AB",
        "MB",
        "SK",
        "NS",
        "NB",
        "NL",
        "NSW",
        "VIC",
        "QLD",
        "TAS",
        "ACT",
    ]
)
STATE_NAMES = frozenset(
    """alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|
    kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|
    new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|
    south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming|ontario|
    quebec|québec|british columbia|alberta|bavaria|bayern|catalonia|cataluña|karnataka|maharashtra|tamil nadu|telangana""".replace(
        "\n", ""
    )
    .replace("    ", "")
    .split("|")
)
# ISO 3166 region for telephone numbers written without a country code.
COUNTRIES = {
    name: region
    for region, names in {
        "US": "usa|us|u.s.|u.s.a.|united states|united states of america", "GB": "uk|u.k.|united kingdom|england|scotland|wales|northern ireland|great britain",
        "DE": "germany|deutschland|allemagne|alemania", "FR": "france|frankreich|francia", "ES": "spain|españa|spanien|espagne", "IT": "italy|italia|italien|italie",
        "PT": "portugal", "NL": "netherlands|the netherlands|niederlande|pays-bas|holland", "BE": "belgium|belgien|belgique|bélgica", "CH": "switzerland|schweiz|suisse|suiza",
        "AT": "austria|österreich|autriche", "IE": "ireland|irland", "SE": "sweden|schweden", "NO": "norway|norwegen", "DK": "denmark|dänemark", "FI": "finland|finnland",
        "PL": "poland|polen|pologne|polska", "CZ": "czech republic|czechia|tschechien", "HU": "hungary|ungarn", "RO": "romania|rumänien", "BG": "bulgaria", "GR": "greece|griechenland",
        "TR": "turkey|türkiye|türkei|turquie", "UA": "ukraine", "RU": "russia", "IN": "india|indien|inde", "CN": "china", "HK": "hong kong", "TW": "taiwan", "JP": "japan",
        "KR": "south korea|korea", "SG": "singapore|singapur", "MY": "malaysia", "ID": "indonesia", "TH": "thailand", "VN": "vietnam", "PH": "philippines", "AU": "australia",
        "NZ": "new zealand", "CA": "canada|kanada", "MX": "mexico|méxico|mexiko", "BR": "brazil|brasil|brasilien", "AR": "argentina", "CL": "chile", "CO": "colombia", "PE": "peru|perú",
        "ZA": "south africa", "NG": "nigeria", "KE": "kenya", "GH": "ghana", "EG": "egypt", "MA": "morocco|maroc", "TN": "tunisia|tunisie", "IL": "israel", "AE": "united arab emirates|uae",
        "SA": "saudi arabia", "QA": "qatar", "PK": "pakistan", "BD": "bangladesh", "LK": "sri lanka", "LU": "luxembourg|luxemburg", "EE": "estonia|estland", "LV": "latvia", "LT": "lithuania",
        "HR": "croatia|kroatien", "SI": "slovenia", "SK": "slovakia", "RS": "serbia", "IS": "iceland", "MT": "malta", "CY": "cyprus",
    }.items()
    for name in names.split("|")
}  # fmt: skip
CITIES = {
    name: region
    for region, names in {
        "US": "new york|new york city|san francisco|los angeles|chicago|boston|seattle|austin|denver|atlanta|houston|dallas|philadelphia|washington dc|washington, d.c.|san diego|portland|miami|phoenix|palo alto|mountain view|menlo park|sunnyvale|brooklyn|pittsburgh|minneapolis|detroit|nashville|bay area|san francisco bay area|silicon valley",
        "GB": "london|manchester|edinburgh|bristol|leeds|glasgow|birmingham|cambridge|oxford|liverpool",
        "DE": "berlin|münchen|munich|hamburg|köln|cologne|frankfurt|frankfurt am main|stuttgart|düsseldorf|leipzig|dresden|hannover|nürnberg|bremen|karlsruhe|bonn|mannheim|heidelberg|essen|dortmund|aachen|darmstadt|freiburg|münster|potsdam|walldorf|bielefeld|augsburg|ulm|kiel|mainz|braunschweig",
        "FR": "paris|lyon|marseille|toulouse|nantes|bordeaux|lille|nice|grenoble|strasbourg|rennes|montpellier",
        "ES": "madrid|barcelona|valencia|sevilla|bilbao|málaga|zaragoza|granada", "AT": "wien|vienna|graz|linz|salzburg", "CH": "zürich|zurich|genf|geneva|genève|basel|bern|lausanne",
        "NL": "amsterdam|rotterdam|utrecht|eindhoven|den haag|the hague|delft", "BE": "brussels|bruxelles|antwerp", "IE": "dublin|cork", "PT": "lisbon|lisboa|porto", "IT": "rome|roma|milan|milano|turin|torino",
        "SE": "stockholm|gothenburg|malmö", "DK": "copenhagen|københavn", "NO": "oslo", "FI": "helsinki", "PL": "warsaw|kraków|krakow|wrocław", "CZ": "prague|praha|brno", "HU": "budapest",
        "IN": "bangalore|bengaluru|mumbai|delhi|new delhi|hyderabad|chennai|pune|gurgaon|noida|kolkata", "CA": "toronto|vancouver|montreal|montréal|ottawa|waterloo|calgary", "AU": "sydney|melbourne|brisbane|perth",
        "JP": "tokyo|osaka", "SG": "singapore", "IL": "tel aviv", "AE": "dubai|abu dhabi", "MX": "mexico city|ciudad de méxico", "BR": "são paulo|rio de janeiro", "AR": "buenos aires", "ZA": "cape town|johannesburg", "NG": "lagos|abuja", "KE": "nairobi", "TR": "istanbul|ankara|izmir",
    }.items()
    for name in names.split("|")
}  # fmt: skip
_REMOTE = re.compile(
    r"(?:fully\s+)?(?:remote|hybrid|home ?office|télétravail|remoto|on-?site|worldwide)(?:\s*[-–(,/|]\s*.{1,30})?",
    re.IGNORECASE,
)


def title_score(text: str) -> float:
    """Return how much a phrase reads like a job title: 0 not at all, 1 surely."""
    words = [word.strip(".,:;()[]\"'*").casefold() for word in re.split(r"[\s/&+-]+", text)]
    words += [text.casefold()] if "-" in text else []
    hits = [index for index, word in enumerate(words) if word in TITLE_WORDS or _feminine(word)]
    return 1.0 if hits else 0.0


def _feminine(word: str) -> bool:
    return bool(
        re.search(r"(?:entwickler|ingenieur|leiter|berater|assistent|manager)(?:\*?in|:in)?$", word)
    )


def organisation_score(text: str) -> float:
    """Return how much a phrase reads like an organisation: 0 no sign of it, 1 a legal form or the like."""
    words = [word.strip(",;()").casefold() for word in text.split()]
    return 1.0 if any(word in ORGANISATION_WORDS for word in words) else 0.0


def is_department(text: str) -> bool:
    """Whether a phrase names a part of a company, as in "Product Manager, Growth"."""
    words = [word for word in re.split(r"[\s&/-]+", text.casefold().strip(" .()")) if word]
    return bool(words) and all(word in DEPARTMENT_WORDS for word in words)


def is_place(text: str) -> bool:
    """Whether the text is a town with its state or country, a known town or country, or "Remote"."""
    text = text.strip(" ()[].")
    if not text or len(text) > 60 or _REMOTE.fullmatch(text):
        return bool(text) and len(text) <= 60
    parts = [part.strip() for part in text.split(",")]
    if any(not part or re.search(r"\d{6,}|[@:/]", part) for part in parts):
        return False
    last = parts[-1]
    if len(parts) == 1:
        return last.casefold() in CITIES or last.casefold() in COUNTRIES
    return len(parts) <= 4 and is_region(last) and all(_is_town(part) for part in parts[:-1])


def is_region(text: str) -> bool:
    """Whether the text is a state, province or country."""
    bare = re.sub(r"\s*\(.*\)|\s+\d{4,6}(?:-\d{4})?$", "", text).strip()
    return bare in STATES or bare.casefold() in STATE_NAMES or bare.casefold() in COUNTRIES


def _is_town(text: str) -> bool:
    words = text.split()
    return (
        0 < len(words) <= 4
        and text[:1].isupper()
        and not title_score(text)
        and not organisation_score(text)
        and not SCHOOL_KIND.search(text)
    )


def region_of(text: str) -> str:
    """Return the ISO 3166 region of a place, "US" where it says nothing."""
    for part in reversed(re.split(r"[,/|()]", text)):
        name = part.strip().casefold()
        if name in COUNTRIES:
            return COUNTRIES[name]
        if name in CITIES:
            return CITIES[name]
    return "US"
