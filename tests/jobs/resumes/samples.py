"""Invented resumes in many layouts, with what a careful reader finds in them."""

from tests.jobs.resumes.sample_truth import Sample
from tests.jobs.resumes.samples_abroad import SAMPLES_ABROAD

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
    **SAMPLES_ABROAD,
}
