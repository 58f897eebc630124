"""Know schools, degrees and grades by their names in four languages."""

import re

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
_CAMPUSES = """
albany|amherst|ann arbor|arlington|austin|baltimore county|berkeley|binghamton|bloomington|
bombay|boston|boulder|buffalo|chapel hill|charlotte|chicago|college park|columbia|dallas|davis|
dearborn|delhi|denver|el paso|fresno|fullerton|greensboro|guwahati|hyderabad|irvine|kanpur|
kharagpur|knoxville|lincoln|long beach|los angeles|lowell|madison|madras|merced|milwaukee|
new brunswick|newark|northridge|pilani|pomona|riverside|roorkee|san antonio|san diego|
san francisco|san jose|san luis obispo|santa barbara|santa cruz|st. louis|stony brook|twin cities|
urbana-champaign
"""
CAMPUSES = frozenset(name.strip() for name in _CAMPUSES.split("|"))
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
