"""Know the section headings of resumes in English, German, French and Spanish."""

import re
import unicodedata

SUMMARY, ROLES, EDUCATION, SKILLS, PROJECTS = "summary", "roles", "education", "skills", "projects"
LANGUAGES, CERTIFICATIONS, ACHIEVEMENTS = "languages", "certifications", "achievements"
CONTACT, OTHER, HEADER = "contact", "other", "header"

MAX_HEADING_WORDS = 6
MAX_HEADING_CHARACTERS = 60

_HEADINGS = {
    SUMMARY: """summary|profile|about|about me|objective|career objective|professional summary|executive summary
        |career summary|personal statement|personal profile|professional profile|overview|introduction|highlights
        |summary of qualifications|qualifications summary|career profile|who i am|profil|kurzprofil|über mich|zusammenfassung
        |profil professionnel|à propos|a propos|résumé du profil|objectif|perfil|perfil profesional|sobre mí|resumen
        |resumen profesional|objetivo|extracto""",
    ROLES: """experience|work experience|professional experience|employment|employment history|work history|career history
        |career|relevant experience|industry experience|professional background|work|positions|positions held|internships
        |internship experience|research experience|teaching experience|leadership|leadership experience|military service
        |volunteer experience|volunteering|volunteer work|volunteer|community involvement|extracurricular
        |extracurricular activities|activities|additional experience|other experience|earlier experience|previous experience
        |consulting experience|engineering experience|academic experience|clinical experience|board memberships|board positions
        |board roles|board service|teaching|professional history|employment record|service|positions of responsibility|industrial experience|freelance experience|freelance|appointments|academic appointments|professional career
        |berufserfahrung|berufspraxis|beruflicher werdegang|werdegang|praxiserfahrung|berufliche erfahrung|praktika
        |arbeitserfahrung|beruf|berufliche stationen|berufstätigkeit|praktische erfahrung|ehrenamt|engagement
        |ehrenamtliches engagement|nebentätigkeiten|praktische erfahrungen
        |expérience|expériences|expérience professionnelle|expériences professionnelles|parcours professionnel|parcours
        |stages|emplois|bénévolat|experiencia|experiencia profesional|experiencia laboral|historial laboral|trayectoria profesional
        |trayectoria|prácticas|voluntariado|empleo""",
    EDUCATION: """education|academic background|academic education|educational background|education and training|studies
        |academic qualifications|qualifications|academics|academic history|training|degrees|academic record
        |ausbildung|bildung|bildungsweg|studium|schulbildung|akademischer werdegang|hochschulbildung|bildungsgang
        |akademische ausbildung|studium und ausbildung|schule|weiterbildung
        |formation|formations|études|diplômes|formation académique|parcours académique|cursus|scolarité
        |educación|formación|formación académica|estudios|educación y formación|formación universitaria|titulación""",
    SKILLS: """skills|technical skills|core skills|key skills|technologies|technology|core competencies|competencies|competences
        |expertise|areas of expertise|technical expertise|technical proficiencies|proficiencies|tools|tech stack
        |technology stack|programming|programming languages|software|software skills|soft skills|hard skills|computer skills
        |it skills|strengths|skill set|skillset|professional skills|additional skills|tools and technologies|skills and tools
        |skills summary|technical summary|technical strengths|specialties|specialities|methods|toolbox|it
        |kenntnisse|fähigkeiten|kompetenzen|edv kenntnisse|it kenntnisse|fachkenntnisse|technische kenntnisse|kernkompetenzen
        |stärken|technologien|qualifikationen|programmierkenntnisse|kenntnisse und fähigkeiten|besondere kenntnisse
        |compétences|compétences techniques|compétences clés|outils|compétences informatiques|informatique|savoir faire|logiciels
        |habilidades|competencias|conocimientos|aptitudes|habilidades técnicas|competencias técnicas|informática
        |conocimientos técnicos|herramientas|tecnologías""",
    PROJECTS: """projects|personal projects|side projects|selected projects|key projects|academic projects|open source
        |open source projects|portfolio|notable projects|research projects|open source contributions|relevant projects
        |class projects|course projects|technical projects
        |projekte|ausgewählte projekte|projets|projets personnels|réalisations|proyectos|proyectos personales""",
    LANGUAGES: """languages|language skills|spoken languages|foreign languages|sprachen|sprachkenntnisse|langues
        |langues étrangères|compétences linguistiques|idiomas|lenguas""",
    CERTIFICATIONS: """certifications|certificates|certification|licenses|licences|licenses and certifications|credentials
        |professional certifications|courses|courses and certifications|training and certifications|professional development
        |zertifikate|zertifizierungen|fortbildungen|weiterbildungen|certificats|certificaciones|certificados|cursos""",
    ACHIEVEMENTS: """achievements|accomplishments|awards|honors|honours|honors and awards|awards and honors|selected honors
        |awards and achievements|key achievements|key accomplishments|selected achievements|publications|selected publications
        |patents|invited talks|talks|presentations|scholarships|grants|fellowships|recognition|distinctions|speaking|conferences
        |honors awards|research|academic achievements|papers|press|funding|grants and fellowships|career highlights
        |auszeichnungen|erfolge|preise|publikationen|veröffentlichungen|vorträge|stipendien|patente
        |prix|récompenses|logros|premios|publicaciones|reconocimientos|becas""",
    CONTACT: """contact|contact information|contact details|personal details|personal information|contact me|details|links
        |find me online|social|kontakt|persönliche daten|angaben zur person|kontaktdaten|zur person|coordonnées
        |informations personnelles|contacto|datos personales|información personal|información de contacto""",
    OTHER: """interests|hobbies|hobbies and interests|references|additional information|other|miscellaneous|additional
        |personal interests|interests and hobbies|coursework|relevant coursework|affiliations|professional affiliations
        |memberships|professional memberships|test scores|signature|declaration|further information|availability|visa
        |interessen|referenzen|sonstiges|hobbys|persönliches|mitgliedschaften|führerschein
        |centres d intérêt|centres d intérêts|intérêts|loisirs|références|divers
        |intereses|referencias|aficiones|otros|otros datos|información adicional""",
}  # fmt: skip


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.casefold())
    text = re.sub(r"\s*(?:&|\+|/|\band\b|\bund\b|\bet\b|\by\b)\s*", " and ", text)
    return " ".join(re.sub(r"[^\w]+", " ", text).split())


_KINDS: dict[str, str] = {
    _plain(name): kind for kind, names in _HEADINGS.items() for name in names.split("|")
}
_QUALIFIERS = frozenset(
    [
        "my",
        "selected",
        "relevant",
        "key",
        "professional",
        "additional",
        "other",
        "main",
        "core",
        "technical",
        "personal",
        "recent",
        "work",
        "notable",
        "general",
        "early",
        "earlier",
        "previous",
        "academic",
        "industry",
        "related",
        "significant",
        "full",
        "time",
        "part",
    ]
)
MAX_LAST_NAMED_WORDS = 4
_LAST_WORDS = {
    "experience": ROLES, "history": ROLES, "appointments": ROLES, "positions": ROLES, "berufserfahrung": ROLES, "projects": PROJECTS, "projekte": PROJECTS, "skills": SKILLS,
    "kenntnisse": SKILLS, "competencies": SKILLS, "education": EDUCATION, "awards": ACHIEVEMENTS, "honors": ACHIEVEMENTS,
    "publications": ACHIEVEMENTS, "achievements": ACHIEVEMENTS, "certifications": CERTIFICATIONS, "licenses": CERTIFICATIONS,
}  # fmt: skip
_DECORATION = re.compile(r"^[\W\d_]{0,6}(?=\w)|[\W_]{0,40}$")
_SPACED_CAPS = re.compile(r"^(?:\w\s){3,}\w$")


def heading_kind(line: str) -> str | None:
    """Return the section kind a line names as a known heading, or None.

    Accepts capitals, letter-spacing, a trailing colon, Markdown marks, "A & B", and qualifiers before a
    known word ("Selected Projects").
    """
    text = line.strip()
    if not text or len(text) > MAX_HEADING_CHARACTERS or "\t" in text or text.startswith("•"):
        return None
    text = _DECORATION.sub("", text)
    if _SPACED_CAPS.match(text):
        text = _close_up(text)
    plain = _plain(text)
    words = plain.split()
    if (
        not words
        or len(words) > MAX_HEADING_WORDS
        or (not text[:1].isupper() and not _marked(line))
    ):
        return None
    return _KINDS.get(plain) or _compound_kind(plain) or _qualified_kind(words) or _named_last(text)


def _named_last(text: str) -> str | None:
    """Read "Executive Experience" by its last word when every word is written as in a heading."""
    words = re.findall(r"[^\W_]+", text)
    small = {"and", "of", "in", "und", "et", "de", "y"}
    if len(words) > MAX_LAST_NAMED_WORDS or not all(
        word[0].isupper() or word in small for word in words
    ):
        return None
    last = words[-1].casefold()
    return _LAST_WORDS.get(last) if text.rstrip(": ").casefold().endswith(last) else None


def _marked(line: str) -> bool:
    return line.lstrip()[:1] == "#" or line.rstrip().endswith(":")


def _close_up(text: str) -> str:
    words = re.split(r"\s{2,}", text)
    return " ".join(re.sub(r"\s", "", word) for word in words)


def _compound_kind(plain: str) -> str | None:
    if " and " not in plain:
        return None
    parts = plain.split(" and ")
    kinds = [_KINDS.get(part) or _qualified_kind(part.split()) for part in parts]
    if all(kinds):
        return kinds[0]
    last = parts[-1].split()
    shared = _KINDS.get(" ".join([*parts[0].split(), last[-1]])) if last else None
    return shared if kinds[-1] else None


def _qualified_kind(words: list[str]) -> str | None:
    if len(words) < 2 or words[0] not in _QUALIFIERS:
        return None
    return _KINDS.get(" ".join(words[1:])) or _qualified_kind(words[1:])
