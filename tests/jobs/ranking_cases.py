"""Six candidates, twelve openings and how good each pair is (0 no, 1 a stretch, 2 good, 3 just right)."""

from datetime import date

from jobs.facts import FactView
from jobs.scoring import JobForMatch, ProfileForMatch


def _profile(prefix, title, company, bullets, skills, years, extra=(), **wishes):
    role = FactView(
        id=f"{prefix}-role",
        kind="role",
        text=f"{title} at {company}",
        title=title,
        organization=company,
        start_date=date(2018, 3, 1),
        is_current=True,
    )
    done = [
        FactView(id=f"{prefix}-{n}", kind="accomplishment", text=text, parent_id=role.id)
        for n, text in enumerate(bullets)
    ]
    listed = [FactView(id=f"{prefix}-s{n}", kind="skill", text=s) for n, s in enumerate(skills)]
    more = [FactView(id=f"{prefix}-x{n}", kind=k, text=t) for n, (k, t) in enumerate(extra)]
    wishes.setdefault("wanted_titles", (title,))
    return ProfileForMatch((role, *done, *listed, *more), years_experience=years, **wishes)


PROFILES = {
    "backend": _profile(
        "be",
        "Backend Engineer",
        "Ledgerline",
        [
            "Built payment services in Python and Django that settle 2 million transactions a day",
            "Moved reporting from cron jobs to Celery and PostgreSQL partitions",
            "Ran the services on Kubernetes with Terraform and AWS",
        ],
        ["Redis", "Docker", "Git"],
        6.0,
        seniority="senior",
        locations=("Berlin, Germany",),
        countries=("DE",),
        remote_ok=True,
    ),
    "frontend": _profile(
        "fe",
        "Frontend Developer",
        "Shopwindow",
        [
            "Rebuilt the checkout in React and TypeScript and raised conversion by 8 %",
            "Wrote the design system used by four teams, with Storybook and CSS",
            "Brought accessibility to WCAG level AA",
        ],
        ["Jest", "Next.js", "HTML"],
        4.0,
        seniority="mid",
        locations=("Munich, Germany",),
        countries=("DE",),
        remote_ok=True,
    ),
    "data": _profile(
        "da",
        "Data Analyst",
        "Freshmart",
        [
            "Built sales dashboards in Tableau on top of SQL and dbt models",
            "Ran A/B tests on pricing and explained the results to buyers",
            "Forecast weekly demand in Python with pandas",
        ],
        ["Excel", "Power BI", "Statistics"],
        3.0,
        seniority="mid",
        locations=("Hamburg, Germany",),
        countries=("DE",),
        remote_ok=False,
    ),
    "nurse": _profile(
        "nu",
        "Registered Nurse",
        "Northbank Hospital",
        [
            "Cared for up to six intensive care patients a shift, including ventilation and medication administration",
            "Trained new colleagues in infection control and wound care",
            "Kept electronic health records complete for every patient",
        ],
        ["Basic life support", "Triage"],
        8.0,
        [("education", "Bachelor of Science in Nursing")],
        seniority="senior",
        locations=("Leeds, United Kingdom",),
        countries=("GB",),
        remote_ok=False,
    ),
    "sales": _profile(
        "sa",
        "Account Executive",
        "Cloudbook",
        [
            "Closed 1.4 million euros of new SaaS revenue in 2023, 118 % of target",
            "Ran the full sales cycle from outbound prospecting to contract negotiation",
            "Kept the pipeline and forecast in Salesforce",
        ],
        ["HubSpot", "MEDDIC"],
        5.0,
        seniority="mid",
        locations=("London, United Kingdom",),
        countries=("GB",),
        remote_ok=True,
    ),
    "accountant": _profile(
        "ac",
        "Accountant",
        "Brickworks Group",
        [
            "Prepared the month-end close and financial statements under IFRS for five companies",
            "Managed accounts payable and VAT returns in SAP",
            "Cut reconciliation time by a third with Excel macros",
        ],
        ["DATEV", "Payroll"],
        7.0,
        seniority="senior",
        locations=("Vienna, Austria",),
        countries=("AT",),
        remote_ok=False,
    ),
}


def _job(title, must, nice, tasks, *, about="", **place):
    lines = [about, "What you will do:", *(f"- {line}" for line in tasks)]
    lines += ["Requirements:", *(f"- {line}" for line in must)]
    lines += ["Nice to have:", *(f"- {line}" for line in nice)]
    return JobForMatch(title=title, text="\n".join(lines), **place)


_DE = {"locations": ("Berlin, Germany",), "countries": ("DE",)}
_UK = {"locations": ("London, United Kingdom",), "countries": ("GB",)}

JOBS = {
    "python_payments": _job(
        "Senior Python Engineer, Payments",
        [
            "5+ years of experience building backend services",
            "Python and Django",
            "Strong PostgreSQL",
        ],
        ["Kubernetes", "Kafka"],
        ["Design and run payment services", "Own reliability of settlement"],
        about="We make till and accounting software for shops; our customers close the month, pay VAT and run payroll with it. Sales teams, buyers and accountants use our dashboards every day.",
        seniority="senior",
        **_DE,
    ),
    "platform": _job(
        "Platform Engineer",
        ["Kubernetes and Terraform in production", "AWS", "Python or Go"],
        ["Prometheus"],
        ["Run the platform our product teams deploy to"],
        about="We run the patient records of forty hospitals. Nurses in intensive care document medication and wound care for every patient with our product, shift after shift.",
        seniority="senior",
        remote_policy="remote",
        **_DE,
    ),
    "java_bank": _job(
        "Java Developer",
        ["4 years of experience with Java and Spring Boot", "Oracle Database", "Maven"],
        ["Angular"],
        ["Maintain the core banking system"],
        about="We are a bank with 140 years of history. Our dashboards, pricing models, weekly demand forecasts and sales reports are built in Python, SQL and Tableau by the analysts you will sit with.",
        seniority="mid",
        locations=("Frankfurt, Germany",),
        countries=("DE",),
    ),
    "react": _job(
        "Frontend Engineer (React)",
        ["Experience with React and TypeScript", "Solid CSS and HTML", "Accessibility"],
        ["Next.js", "Design systems"],
        ["Build the shop our customers see", "Work with designers on components"],
        about="We sell fashion online. Colleagues in the building run payment services in Python, Django, PostgreSQL, Celery and Kubernetes on AWS with Terraform, which you will not need to touch.",
        seniority="mid",
        remote_policy="remote",
        locations=("Munich, Germany",),
        countries=("DE",),
    ),
    "ux": _job(
        "Product Designer",
        ["Strong portfolio in product design", "Figma", "User research"],
        ["HTML and CSS"],
        ["Design flows and prototypes", "Test them with users"],
        about="Our product is a payment platform: services in Python and Django settle millions of transactions a day on PostgreSQL, Kubernetes and AWS. The checkout is React and TypeScript.",
        seniority="mid",
        **_DE,
    ),
    "analyst": _job(
        "Product Data Analyst",
        ["SQL", "Tableau or Power BI", "A/B testing", "2 years of experience in analytics"],
        ["dbt", "Python"],
        ["Build dashboards for product teams", "Explain what the numbers mean"],
        about="We are a grocer. Our engineers run Kubernetes, Terraform, AWS, Django, Celery and PostgreSQL, and our shop is built in React and TypeScript with Storybook and CSS.",
        seniority="mid",
        locations=("Hamburg, Germany",),
        countries=("DE",),
    ),
    "data_engineer": _job(
        "Data Engineer",
        ["Python and SQL", "Experience with Airflow and Apache Spark", "Data pipelines on AWS"],
        ["dbt", "Terraform"],
        ["Build pipelines that feed our warehouse"],
        about="Our customers are sales teams: account executives close revenue, keep pipeline and forecast in Salesforce and HubSpot, and negotiate contracts in our tool.",
        seniority="mid",
        remote_policy="remote",
        **_DE,
    ),
    "icu_nurse": _job(
        "ICU Nurse",
        [
            "Registered nurse",
            "Experience in intensive care",
            "Medication administration",
            "Basic life support",
        ],
        ["Wound care"],
        ["Care for critically ill patients on a twelve-bed unit"],
        about="We are a hospital with its own software team. Finance prepares month-end close and financial statements under IFRS in SAP for five companies of the group.",
        locations=("Leeds, United Kingdom",),
        countries=("GB",),
    ),
    "care_home": _job(
        "Care Home Manager",
        ["Nursing qualification", "Experience leading a care team", "Infection control"],
        ["Budget management"],
        ["Lead the home and its staff", "Keep residents safe"],
        about="Our group also builds software: payment services in Python and Django, dashboards in Tableau on SQL and dbt, a checkout in React and TypeScript.",
        seniority="manager",
        locations=("Leeds, United Kingdom",),
        countries=("GB",),
    ),
    "saas_sales": _job(
        "Enterprise Account Executive",
        ["3+ years of SaaS sales experience", "Negotiation", "Salesforce"],
        ["MEDDIC"],
        ["Win new customers and grow a territory"],
        about="We sell analytics software built with Python, React and PostgreSQL.",
        remote_policy="remote",
        **_UK,
    ),
    "success": _job(
        "Customer Success Manager",
        ["Experience in customer success or account management", "SaaS", "Communication"],
        ["HubSpot"],
        ["Keep customers and renew contracts"],
        about="Our product helps accountants with month-end close, reconciliation, VAT returns, accounts payable and financial statements under IFRS, in SAP or Excel, for five or five hundred companies.",
        seniority="mid",
        **_UK,
    ),
    "controller": _job(
        "Financial Accountant",
        ["IFRS", "Month-end close", "SAP", "5 years of experience in accounting"],
        ["Excel", "Consolidation"],
        ["Prepare the accounts of the group"],
        about="We build software for hospitals. Nurses document intensive care, medication administration, ventilation, wound care and infection control with it; sales teams close SaaS revenue with Salesforce.",
        seniority="senior",
        locations=("Vienna, Austria",),
        countries=("AT",),
    ),
}

GRADES = {
    "backend": {"python_payments": 3, "platform": 2, "data_engineer": 2, "java_bank": 1},
    "frontend": {"react": 3, "ux": 1, "java_bank": 1, "python_payments": 1},
    "data": {"analyst": 3, "data_engineer": 2, "controller": 0},
    "nurse": {"icu_nurse": 3, "care_home": 2},
    "sales": {"saas_sales": 3, "success": 2},
    "accountant": {"controller": 3, "analyst": 1},
}
