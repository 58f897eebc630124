"""Invented resumes in German, French and Spanish."""

from tests.jobs.resumes.sample_truth import Sample

SAMPLES_ABROAD = {
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
}
