"""Know towns, states and countries when they are written as the place of a person or a job."""

import re

from jobs.resumes.degrees import SCHOOL_KIND
from jobs.resumes.vocabulary import organisation_score, title_score

_STATES = """
AB ACT AK AL AR AZ BC CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MB MD ME MI MN MO MS MT NB NC ND NE
NH NJ NL NM NS NSW NV NY OH OK ON OR PA QC QLD RI SC SD SK TAS TN TX UT VA VIC VT WA WI WV WY
"""
STATES = frozenset(_STATES.split())
_STATE_NAMES = """
alabama|alaska|alberta|arizona|arkansas|bavaria|bayern|british columbia|california|catalonia|
cataluña|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|
kansas|karnataka|kentucky|louisiana|maharashtra|maine|maryland|massachusetts|michigan|minnesota|
mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|
north carolina|north dakota|ohio|oklahoma|ontario|oregon|pennsylvania|quebec|québec|
rhode island|south carolina|south dakota|tamil nadu|telangana|tennessee|texas|utah|vermont|
virginia|washington|west virginia|wisconsin|wyoming
"""
STATE_NAMES = frozenset(name.strip() for name in _STATE_NAMES.split("|"))
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
