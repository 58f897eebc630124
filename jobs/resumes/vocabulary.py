"""Words that tell job titles, departments and organisations apart, in four languages."""

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
trustee chaplain pastor delegate senator mayor curator librarian archivist musician composer actor singer dancer
organizer organiser moderator speaker panelist mechanic carpenter plumber welder pilot steward caregiver caretaker nanny
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
_DEPARTMENT_WORDS = """
treasury ranking ads search maps video audio mobility trading hr
advisory ai americas analytics apac audit backend banking brand cloud communications compliance content
data design development devops digital east ecommerce emea engineering equities europe experience finance
frontend global growth hr i ii iii infrastructure innovation iv learning legal logistics marketing
markets ml mobile north operations partnerships payments people platform procurement product programs
research risk sales science security solutions south strategy success support systems tax technology v
web west
"""
DEPARTMENT_WORDS = frozenset(_DEPARTMENT_WORDS.split())
_ORGANISATION_WORDS = """
inc inc. llc ltd ltd. limited plc corp corp. corporation company co. gmbh ag kg se sa s.a. sarl sas s.l. sl bv b.v. nv oy ab
group holding holdings bank university college school institute institut hospital clinic foundation labs laboratories
laboratory studio studios lab partners technologies ventures capital agency ministry
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
_HUMAN_LANGUAGES = """
afrikaans albanian alemán alemão allemand amharic anglais arabe arabic arabisch armenian basque bengali
bulgarian cantonese castellano catalan catalán chinese chinesisch chino chinois croatian czech danish
deutsch dutch dänisch englisch english espagnol espanhol español esperanto estonian farsi filipino
finnish francés francês französisch français french galician georgian german greek griechisch gujarati
hausa hebrew hindi holandés hungarian icelandic igbo indonesian inglés inglês irish italian italiano
italien italienisch japanese japanisch japonais japonés kannada korean koreanisch latein latin latvian
lithuanian malay malayalam mandarin marathi niederländisch norwegian norwegisch néerlandais persian
polaco polish polnisch polonais portugais portugiesisch portuguese portugués português punjabi romanian
rumänisch ruso russe russian russisch schwedisch serbian slovak slovenian spanisch spanish swahili
swedish tagalog tamil telugu thai tschechisch turc turco turkish türkisch ukrainian ukrainisch ungarisch
urdu vietnamese welsh yoruba zulu árabe
"""
HUMAN_LANGUAGES = frozenset(_HUMAN_LANGUAGES.split())
LANGUAGE_LEVEL = re.compile(
    r"\b(?:native(?:\s+speaker)?|bilingual|fluent|full professional|professional working|professional|conversational|intermediate|"
    r"basic|beginner|elementary|advanced|proficient|mother tongue|limited working|limited|working knowledge|"
    r"[ABC][12]\+?(?:\s*/\s*[ABC][12])?|muttersprache|muttersprachlich|fließend|verhandlungssicher|gute?\s?kenntnisse|grundkenntnisse|sehr gut|gut|fortgeschritten|"
    r"langue maternelle|maternelle|courant|bilingue|intermédiaire|débutant|notions|avancé|nativo|nativa|lengua materna|fluido|avanzado|"
    r"intermedio|básico|alto|medio|bajo|nativ\w*|fluently)\b",
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
    """Return how much a phrase reads like an organisation: 0 no sign of it, 1 a legal form or the like.

    What ends in a job title is none: "Bank Manager", "Lab Technician".
    """
    words = [word.strip(",;()").casefold() for word in text.split()]
    if not words or words[-1] in TITLE_WORDS:
        return 0.0
    return 1.0 if any(word in ORGANISATION_WORDS for word in words) else 0.0


def is_department(text: str) -> bool:
    """Whether a phrase names a part of a company, as in "Product Manager, Growth"."""
    words = [word for word in re.split(r"[\s&/-]+", text.casefold().strip(" .()")) if word]
    return bool(words) and all(word in DEPARTMENT_WORDS for word in words)
