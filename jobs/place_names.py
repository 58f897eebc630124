"""Names of countries, states, provinces, wider zones and large cities, written for this product.

Keys are folded (see `fold`): lower case, no accents, no dots.
"""

from __future__ import annotations

import unicodedata

from jobs.city_names import CITY_LINES

# ISO 3166-1 alpha-2 code, English name, then other spellings postings use.
_COUNTRY_LINES = """
US|United States|usa|u s a|u s|us|united states of america|america|vereinigte staaten|etats unis
CA|Canada|kanada
MX|Mexico|méxico
BR|Brazil|brasil
AR|Argentina
CL|Chile
CO|Colombia
PE|Peru
UY|Uruguay
CR|Costa Rica
PA|Panama
EC|Ecuador
DO|Dominican Republic
GT|Guatemala
GB|United Kingdom|uk|u k|great britain|england|scotland|wales|northern ireland|britain|gb|gbr|grossbritannien|royaume uni
IE|Ireland|republic of ireland|irland|eire
DE|Germany|deutschland|allemagne|alemania|germania|deu|ger
AT|Austria|österreich|oesterreich|autriche
CH|Switzerland|schweiz|suisse|svizzera
FR|France|frankreich|francia|fra
ES|Spain|españa|spanien|espagne
PT|Portugal
IT|Italy|italia|italien|italie
NL|Netherlands|the netherlands|holland|niederlande|nederland|pays bas
BE|Belgium|belgien|belgique|belgie
LU|Luxembourg|luxemburg
DK|Denmark|dänemark|danmark
SE|Sweden|schweden|sverige
NO|Norway|norwegen|norge
FI|Finland|finnland|suomi
IS|Iceland
PL|Poland|polen|polska
CZ|Czech Republic|czechia|tschechien|cesko
SK|Slovakia
HU|Hungary|ungarn
RO|Romania|rumänien
BG|Bulgaria|bulgarien
GR|Greece|griechenland|hellas
HR|Croatia|kroatien
SI|Slovenia
RS|Serbia|serbien
BA|Bosnia and Herzegovina|bosnia
MK|North Macedonia
AL|Albania
ME|Montenegro
EE|Estonia|estland
LV|Latvia
LT|Lithuania
UA|Ukraine
MD|Moldova
GE|Georgia (country)
AM|Armenia
AZ|Azerbaijan
TR|Turkey|türkiye|turkiye
CY|Cyprus|zypern
MT|Malta
IL|Israel
AE|United Arab Emirates|uae|u a e|emirates
SA|Saudi Arabia|ksa
QA|Qatar
EG|Egypt
MA|Morocco
TN|Tunisia
NG|Nigeria
KE|Kenya
GH|Ghana
ZA|South Africa
RW|Rwanda
IN|India|indien|bharat
PK|Pakistan
BD|Bangladesh
LK|Sri Lanka
NP|Nepal
CN|China|prc|mainland china
HK|Hong Kong|hong kong sar
TW|Taiwan
JP|Japan
KR|South Korea|korea|republic of korea
SG|Singapore
MY|Malaysia
TH|Thailand
VN|Vietnam|viet nam
PH|Philippines|the philippines
ID|Indonesia
AU|Australia
NZ|New Zealand
KZ|Kazakhstan
"""

# Code, name; the country stands in the heading.
_REGION_LINES = """
=US
AL|Alabama
AK|Alaska
AZ|Arizona
AR|Arkansas
CA|California
CO|Colorado
CT|Connecticut
DE|Delaware
DC|District of Columbia|washington dc|d c|dc
FL|Florida
GA|Georgia
HI|Hawaii
ID|Idaho
IL|Illinois
IN|Indiana
IA|Iowa
KS|Kansas
KY|Kentucky
LA|Louisiana
ME|Maine
MD|Maryland
MA|Massachusetts
MI|Michigan
MN|Minnesota
MS|Mississippi
MO|Missouri
MT|Montana
NE|Nebraska
NV|Nevada
NH|New Hampshire
NJ|New Jersey
NM|New Mexico
NY|New York|new york state
NC|North Carolina
ND|North Dakota
OH|Ohio
OK|Oklahoma
OR|Oregon
PA|Pennsylvania
RI|Rhode Island
SC|South Carolina
SD|South Dakota
TN|Tennessee
TX|Texas
UT|Utah
VT|Vermont
VA|Virginia
WA|Washington|washington state
WV|West Virginia
WI|Wisconsin
WY|Wyoming
=CA
ON|Ontario
QC|Quebec|québec
BC|British Columbia
AB|Alberta
MB|Manitoba
SK|Saskatchewan
NS|Nova Scotia
NB|New Brunswick
NL|Newfoundland and Labrador|newfoundland
PE|Prince Edward Island
YT|Yukon
NT|Northwest Territories
NU|Nunavut
=AU
NSW|New South Wales
VIC|Victoria
QLD|Queensland
=DE
BY|Bavaria|bayern
NRW|North Rhine-Westphalia|nordrhein westfalen
HE|Hesse|hessen
BW|Baden-Württemberg
"""

_ZONE_LINES = """
EU|european union|eu
EUROPE|europe|europa|continental europe
EMEA|emea|europe middle east and africa
APAC|apac|asia pacific|asia
AMER|americas|amer|north and south america
NAM|north america|nam|namer
LATAM|latam|latin america|south america
DACH|dach
NORDICS|nordics|scandinavia
WORLD|worldwide|global|world|international|anywhere in the world
"""


def fold(name: str) -> str:
    """Return a name for comparison: lower case, no accents, no dots, single spaces."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o"))
    bare = "".join(ch for ch in decomposed if not unicodedata.combining(ch))
    return " ".join(bare.lower().replace(".", "").replace("-", " ").replace("’", "'").split())


def _rows(lines: str) -> list[list[str]]:
    return [line.split("|") for line in lines.strip().splitlines()]


def _regions() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    country = ""
    for row in _rows(_REGION_LINES):
        if row[0].startswith("="):
            country = row[0][1:]
            continue
        for name in row:
            # Both nations may use a code; the one listed first keeps it.
            found.setdefault(fold(name), (row[0], country))
    return found


COUNTRY_NAMES = {row[0]: row[1].removesuffix(" (country)") for row in _rows(_COUNTRY_LINES)}
COUNTRIES = {fold(name): row[0] for row in _rows(_COUNTRY_LINES) for name in row[1:]}
REGIONS = _regions()
CITIES = {
    fold(name): (row[0], row[1], row[2]) for row in _rows(CITY_LINES) for name in (row[0], *row[3:])
}
ZONES = {fold(name): row[0] for row in _rows(_ZONE_LINES) for name in row[1:]}
