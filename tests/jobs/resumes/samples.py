"""Invented resumes in many layouts, with what a careful reader finds in them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """A resume and its truth; roles are (title, organisation, start, end), schools (degree, field, school)."""

    text: str
    name: str
    roles: tuple[tuple[str, str, str, str], ...]
    schools: tuple[tuple[str, str, str], ...] = ()
    email: str = ""
    phone: str = ""
    location: str = ""
    links: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    metrics: int | None = None
    projects: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    statements: tuple[str, ...] = field(default=())


SAMPLES = {
    "title first, date right of a bar": Sample(
        """HANNAH LINDQVIST
Senior Data Engineer
Stockholm, Sweden | hannah@lindqvist.example.com | +46 8 790 60 00 | linkedin.com/in/hlindqvist

SUMMARY
Data engineer who moves slow warehouses to streaming.

WORK EXPERIENCE
Senior Data Engineer, Spotify AB | Jan 2020 - Present
- Cut the nightly load from 6 hours to 40 minutes
- Guide 4 engineers

Data Engineer, Klarna | Mar 2016 - Dec 2019
- Moved 120 TB to the cloud

EDUCATION
MSc in Computer Science, KTH Royal Institute of Technology | 2011 - 2016

SKILLS
Languages: Python, Scala, SQL
Tools: Kafka, Spark (Structured Streaming, MLlib), Airflow
""",
        name="Hannah Lindqvist",
        email="hannah@lindqvist.example.com",
        phone="+4687906000",
        location="Stockholm, Sweden",
        links=("https://linkedin.com/in/hlindqvist",),
        roles=(
            ("Senior Data Engineer", "Spotify AB", "2020-01", "now"),
            ("Data Engineer", "Klarna", "2016-03", "2019-12"),
        ),
        schools=(("MSc", "Computer Science", "KTH Royal Institute of Technology"),),
        skills=(
            "Python",
            "Scala",
            "SQL",
            "Kafka",
            "Spark",
            "Structured Streaming",
            "MLlib",
            "Airflow",
        ),
        metrics=3,
        statements=("Cut the nightly load from 6 hours to 40 minutes",),
    ),
    "company line, then title line": Sample(
        """Marcus Bell
Chicago, IL 60614
(312) 744-5000 | marcus.bell@mail.example.com

Professional Experience

Northwind Traders                                        Chicago, IL
Regional Sales Manager                                   June 2018 – Present
• Grew revenue by 34% to $8.2M
• Hired and trained 12 representatives

Contoso Retail Group                                     Evanston, IL
Store Manager                                            February 2012 – May 2018
• Ran a store with 45 staff

Education

Loyola University Chicago                                Chicago, IL
Bachelor of Business Administration, Marketing           2008 – 2012
GPA: 3.6/4.0
""",
        name="Marcus Bell",
        email="marcus.bell@mail.example.com",
        phone="+13127445000",
        roles=(
            ("Regional Sales Manager", "Northwind Traders", "2018-06", "now"),
            ("Store Manager", "Contoso Retail Group", "2012-02", "2018-05"),
        ),
        schools=(
            ("Bachelor of Business Administration", "Marketing", "Loyola University Chicago"),
        ),
        metrics=3,
    ),
    "dates on the left": Sample(
        """Amélie Rousseau
amelie.rousseau@mail.example.fr

Experience
2019 – present    Product Designer, Doctolib
    Redesigned booking; no-shows fell by 18 %.
2015 – 2019       Visual Designer, Blablacar
    Kept the design system for 3 platforms.

Education
2010 – 2015       Master in Design, ENSCI Les Ateliers
""",
        name="Amélie Rousseau",
        email="amelie.rousseau@mail.example.fr",
        roles=(
            ("Product Designer", "Doctolib", "2019", "now"),
            ("Visual Designer", "Blablacar", "2015", "2019"),
        ),
    ),
    "german": Sample(
        """Lebenslauf

Dr. Sabine Krüger
Hauptstraße 12, 50667 Köln
Telefon: +49 221 4700
E-Mail: sabine.krueger@mail.example.de

Berufserfahrung

03/2018 – heute
Leiterin Qualitätssicherung
Bayer AG, Leverkusen
• Verantwortung für 22 Mitarbeiter und ein Budget von 3 Mio. €
• Reklamationen um 27 % gesenkt

10/2012 – 02/2018
Wissenschaftliche Mitarbeiterin
Universität zu Köln
• Betreuung von 9 Abschlussarbeiten

Ausbildung

10/2009 – 09/2012
Promotion in Chemie, Universität zu Köln
10/2004 – 09/2009
Diplom-Chemikerin, Universität Bonn

Kenntnisse
SAP, GMP, HPLC, Statistik

Sprachen
Deutsch (Muttersprache), Englisch (verhandlungssicher), Französisch (B1)
""",
        name="Dr. Sabine Krüger",
        email="sabine.krueger@mail.example.de",
        phone="+492214700",
        location="Köln",
        roles=(
            ("Leiterin Qualitätssicherung", "Bayer AG", "2018-03", "now"),
            ("Wissenschaftliche Mitarbeiterin", "Universität zu Köln", "2012-10", "2018-02"),
        ),
        schools=(
            ("Promotion", "Chemie", "Universität zu Köln"),
            ("Diplom-Chemikerin", "", "Universität Bonn"),
        ),
        skills=("SAP", "GMP", "HPLC", "Statistik"),
        languages=("Deutsch", "Englisch", "Französisch"),
    ),
    "french": Sample(
        """Karim Benali
Ingénieur DevOps
Toulouse, France · karim.benali@mail.example.fr · +33 5 61 22 29 22

Expériences professionnelles
Ingénieur DevOps chez Airbus — septembre 2020 à aujourd'hui
• Déploiements passés de 2 par mois à 30 par jour
Administrateur système chez Thales — janvier 2016 à août 2020
• Parc de 400 serveurs

Formation
Licence professionnelle Réseaux, Université Toulouse III — 2014 - 2015

Compétences
Terraform, Ansible, GitLab CI

Langues
Français : langue maternelle
Arabe : courant
""",
        name="Karim Benali",
        email="karim.benali@mail.example.fr",
        phone="+33561222922",
        location="Toulouse, France",
        roles=(
            ("Ingénieur DevOps", "Airbus", "2020-09", "now"),
            ("Administrateur système", "Thales", "2016-01", "2020-08"),
        ),
        schools=(("Licence professionnelle", "Réseaux", "Université Toulouse III"),),
        skills=("Terraform", "Ansible", "GitLab CI"),
        languages=("Français", "Arabe"),
    ),
    "spanish": Sample(
        """Lucía Fernández Soto
Madrid, España | lucia.fernandez@mail.example.es | +34 913 97 50 00

Experiencia laboral
Banco Santander
Analista de riesgos
abril de 2019 – actualidad
- Redujo la morosidad un 12 %

Deloitte
Consultora
septiembre de 2015 – marzo de 2019
- Proyectos para 7 bancos

Educación
Universidad Autónoma de Madrid
Grado en Economía
2011 – 2015

Idiomas
Español (nativo), Inglés (C1)
""",
        name="Lucía Fernández Soto",
        email="lucia.fernandez@mail.example.es",
        phone="+34913975000",
        location="Madrid, España",
        roles=(
            ("Analista de riesgos", "Banco Santander", "2019-04", "now"),
            ("Consultora", "Deloitte", "2015-09", "2019-03"),
        ),
        schools=(("Grado", "Economía", "Universidad Autónoma de Madrid"),),
        languages=("Español", "Inglés"),
    ),
    "student": Sample(
        """Noah Kim
noah.kim@college.example.edu | github.com/noahkim

EDUCATION
Georgia Institute of Technology, Atlanta, GA
B.S. in Mechanical Engineering, Expected May 2027
GPA: 3.7/4.0
Relevant Coursework: Thermodynamics, Fluid Mechanics

PROJECTS
Solar Kayak | Python, Fusion 360
Jan 2025 – Apr 2025
- Built a drive that adds 5 km/h with 40% less weight
Campus Shuttle Tracker
- Serves 1,200 students a day

EXPERIENCE
Delta Air Lines, Engineering Intern, Summer 2025
- Wrote a tool that checks 300 torque values

SKILLS
Python, MATLAB, SolidWorks, and LaTeX
""",
        name="Noah Kim",
        email="noah.kim@college.example.edu",
        links=("https://github.com/noahkim",),
        roles=(("Engineering Intern", "Delta Air Lines", "", "2025-06"),),
        schools=(("B.S.", "Mechanical Engineering", "Georgia Institute of Technology"),),
        skills=("Python", "MATLAB", "SolidWorks", "LaTeX"),
        projects=("Solar Kayak", "Campus Shuttle Tracker"),
    ),
    "executive with several positions at one company": Sample(
        """Eleanor Whitfield
Chief Operating Officer
New York, NY • 212-998-1212 • eleanor@whitfield.example.com

EXECUTIVE EXPERIENCE

Meridian Logistics Inc.
Chief Operating Officer | 2019 – Present
• Took operating margin from 6% to 11% on $740M of revenue
Vice President, Operations | 2014 – 2019
• Opened 9 warehouses in 4 countries

FedEx Corporation
Director of Planning | 2007 – 2014
• Led a staff of 160

EDUCATION
Harvard Business School — MBA, 2007
Cornell University — BS, Industrial Engineering, 2001

BOARD POSITIONS
Independent Director, Harbor Trust, 2021 – present
""",
        name="Eleanor Whitfield",
        email="eleanor@whitfield.example.com",
        phone="+12129981212",
        location="New York, NY",
        roles=(
            ("Chief Operating Officer", "Meridian Logistics Inc.", "2019", "now"),
            ("Vice President, Operations", "Meridian Logistics Inc.", "2014", "2019"),
            ("Director of Planning", "FedEx Corporation", "2007", "2014"),
            ("Independent Director", "Harbor Trust", "2021", "now"),
        ),
        schools=(
            ("MBA", "", "Harvard Business School"),
            ("BS", "Industrial Engineering", "Cornell University"),
        ),
    ),
    "markdown": Sample(
        """# Tariq Hassan

**Backend Developer** · Dubai, UAE · [tariq@hassan.example.com](mailto:tariq@hassan.example.com) · [GitHub](https://github.com/tariqh)

## Experience

### Backend Developer @ Careem
*May 2021 – Present*

- Serve **9,000** requests a second
- Wrote the fare engine

### Junior Developer @ Souq
*2018 – 2021*

- Fixed 200 bugs

## Education

**BSc Computer Science**, American University of Sharjah (2014–2018)

## Certifications

- AWS Certified Developer (2022)

## Skills

Go, PostgreSQL, gRPC
""",
        name="Tariq Hassan",
        email="tariq@hassan.example.com",
        location="Dubai, UAE",
        links=("https://github.com/tariqh",),
        roles=(
            ("Backend Developer", "Careem", "2021-05", "now"),
            ("Junior Developer", "Souq", "2018", "2021"),
        ),
        schools=(("BSc", "Computer Science", "American University of Sharjah"),),
        skills=("Go", "PostgreSQL", "gRPC"),
        certifications=("AWS Certified Developer",),
        metrics=2,
    ),
    "wrapped bullets and ruled headings": Sample(
        """Olga Petrova
olga.petrova@mail.example.com

EXPERIENCE
==========
Quality Engineer, Bosch GmbH, 02/2017 - 11/2023
  * Introduced statistical process control on four lines, which
    lowered scrap from 4.1% to 1.2% within a year
  * Audited 25 suppliers in Europe and wrote the corrective
    action plans with them

EDUCATION
---------
Diplom Maschinenbau, Technische Universität Dresden, 2010 - 2016
""",
        name="Olga Petrova",
        email="olga.petrova@mail.example.com",
        roles=(("Quality Engineer", "Bosch GmbH", "2017-02", "2023-11"),),
        schools=(("Diplom", "Maschinenbau", "Technische Universität Dresden"),),
        metrics=2,
        statements=(
            "Introduced statistical process control on four lines, which lowered scrap from 4.1% to 1.2% within a year",
            "Audited 25 suppliers in Europe and wrote the corrective action plans with them",
        ),
    ),
    "no bullets, dates last": Sample(
        """Peter Novak
peter.novak@mail.example.com
+420 221 811 111
Prague, Czech Republic

Employment History
Network Administrator
Avast Software
March 2015 – April 2020
Network Architect
O2 Czech Republic
May 2020 – Present

Education
Czech Technical University
Bachelor of Science in Telecommunications
2009 – 2013
""",
        name="Peter Novak",
        email="peter.novak@mail.example.com",
        phone="+420221811111",
        location="Prague, Czech Republic",
        roles=(
            ("Network Administrator", "Avast Software", "2015-03", "2020-04"),
            ("Network Architect", "O2 Czech Republic", "2020-05", "now"),
        ),
        schools=(("Bachelor of Science", "Telecommunications", "Czech Technical University"),),
    ),
    "labels and letter-spaced headings": Sample(
        """J A N E T   M O R A L E S
Address: Miami, FL   Phone: 305-284-2211   Email: janet@morales.example.com

P R O F I L E
Nurse with twelve years on intensive wards.

E X P E R I E N C E
Registered Nurse at Baptist Hospital, Miami, FL (Aug 2013 to present)
- Care for 2 patients a shift on a 24-bed unit
Nursing Assistant at Mercy Clinic, Tampa, FL (June 2010 to July 2013)
- Took vital signs

E D U C A T I O N
University of Miami, BSN, 2013

C E R T I F I C A T I O N S
BLS, American Heart Association, 2024
""",
        name="Janet Morales",
        email="janet@morales.example.com",
        phone="+13052842211",
        location="Miami, FL",
        roles=(
            ("Registered Nurse", "Baptist Hospital", "2013-08", "now"),
            ("Nursing Assistant", "Mercy Clinic", "2010-06", "2013-07"),
        ),
        schools=(("BSN", "", "University of Miami"),),
    ),
    "at and since": Sample(
        """Tom Becker — Software Tester
tom@becker.example.de

Work
Software Tester at Zalando SE since 04/2021
QA Intern at Delivery Hero, 10/2020 – 03/2021

Skills
• Selenium
• JUnit
• Test planning
""",
        name="Tom Becker",
        email="tom@becker.example.de",
        roles=(
            ("Software Tester", "Zalando SE", "2021-04", "now"),
            ("QA Intern", "Delivery Hero", "2020-10", "2021-03"),
        ),
        skills=("Selenium", "JUnit", "Test planning"),
    ),
}
