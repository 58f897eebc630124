from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.facts import FactView
from jobs.writing.evidence import Context, Sentence, check_claims

FACTS = {
    fact.id: fact
    for fact in [
        FactView(
            "r1",
            "role",
            "Senior Backend Engineer, Ledgerline GmbH, Berlin",
            title="Senior Backend Engineer",
            organization="Ledgerline GmbH",
            location="Berlin",
            start_date=date(2019, 3, 1),
            end_date=date(2024, 4, 30),
        ),
        FactView("b1", "accomplishment", "Led a team of 5 engineers", parent_id="r1"),
        FactView(
            "b2", "metric", "Reduced page load time by 40% with Redis caching", parent_id="r1"
        ),
        FactView("b3", "accomplishment", "Maintained the billing system in Django and PostgreSQL"),
        FactView("b4", "metric", "Processed 2 million invoices a month for €1.2m of revenue"),
        FactView("b5", "accomplishment", "Worked with the design group on a new checkout in React"),
        FactView("b6", "accomplishment", "Mentored two junior developers over 18 months"),
        FactView(
            "e1",
            "education",
            "Bachelor of Science in Computer Science, University of Leeds",
            degree="Bachelor of Science",
            field_of_study="Computer Science",
            organization="University of Leeds",
            end_date=date(2015, 7, 1),
        ),
        FactView("s1", "skill", "Python, Docker, Git"),
        FactView("n1", "accomplishment", "Cared for 6 intensive care patients a shift"),
        FactView("l1", "language", "German, working knowledge"),
        FactView("c1", "certification", "AWS Certified Developer, 2022"),
    ]
}
CONTEXT = Context(
    company="Harbor Freight Systems",
    role="Staff Engineer",
    people=("Ada Winter", "Sam Cole"),
    posting="We move containers. You have 8 years of experience with Kubernetes and Kafka. Our team ships weekly.",
)

HONEST = [
    ("I led a team of 5 engineers.", "b1"),
    ("I led a team of five engineers at Ledgerline GmbH.", "b1 r1"),
    ("At Ledgerline, I led five engineers.", "b1 r1"),
    ("As Senior Backend Engineer at Ledgerline GmbH, I led a team of 5 engineers.", "b1 r1"),
    ("I reduced page load time by 40% with Redis caching.", "b2"),
    ("I cut page load time by 40 percent using Redis.", "b2"),
    ("With Redis caching, I reduced page load time by 40 %.", "b2"),
    ("Page load time is down 40% since I brought in Redis caching.", "b2"),
    ("I maintained the billing system in Django and PostgreSQL.", "b3"),
    ("I maintained a billing system written in Django with Postgres.", "b3"),
    ("Maintaining the billing system in Django and PostgreSQL was my daily work.", "b3"),
    ("The systems I worked on processed 2 million invoices a month.", "b4"),
    ("They processed 2,000,000 invoices a month.", "b4"),
    ("My work processed two million invoices a month for €1.2 million of revenue.", "b4"),
    ("I processed invoices for 1.2m euros of revenue.", "b4"),
    ("I worked with the design group on a new checkout in React.", "b5"),
    ("I worked with designers on a new React checkout.", "b5"),
    ("I mentored two junior developers over 18 months.", "b6"),
    ("I also mentored 2 junior developers.", "b6"),
    ("I coached two junior developers for 18 months.", "b6"),
    ("I have worked as Senior Backend Engineer at Ledgerline GmbH in Berlin.", "r1"),
    ("I was Senior Backend Engineer at Ledgerline GmbH for five years.", "r1"),
    ("I was at Ledgerline from March 2019 to April 2024.", "r1"),
    ("I joined Ledgerline in 2019.", "r1"),
    ("I hold a Bachelor of Science in Computer Science from the University of Leeds.", "e1"),
    ("I studied Computer Science at the University of Leeds.", "e1"),
    ("I have a bachelor's degree in Computer Science.", "e1"),
    ("I finished my degree in Computer Science in 2015.", "e1"),
    ("I use Python, Docker and Git.", "s1"),
    ("My tools include Python and Docker.", "s1"),
    ("I cared for six intensive care patients a shift.", "n1"),
    ("On each shift I cared for 6 patients in intensive care.", "n1"),
    ("I speak German at a working level.", "l1"),
    ("I have a working knowledge of German.", "l1"),
    ("I am an AWS Certified Developer.", "c1"),
    ("I became an AWS Certified Developer in 2022.", "c1"),
    ("I led a team of 5 engineers and reduced page load time by 40%.", "b1 b2"),
    ("Leading 5 engineers, I maintained the billing system in Django.", "b1 b3"),
    ("One example: I reduced page load time by 40% with Redis caching.", "b2"),
    ("During that time I maintained the billing system in Django and PostgreSQL.", "b3 r1"),
    ("Most recently, I worked with the design group on a checkout in React.", "b5"),
    ("In 2022 I became an AWS Certified Developer, and I use Docker.", "c1 s1"),
]

HONEST += [
    ("I have been mentoring two junior developers.", "b6"),
    ("Five engineers reported to me as their team lead.", "b1"),
    ("We handled 2 million invoices each month.", "b4"),
    ("Caching with Redis took 40% off the page load time.", "b2"),
    ("The billing system, written in Django and PostgreSQL, was mine to maintain.", "b3"),
]

HONEST_OTHER = [
    Sentence("Dear Ada Winter,", about="courtesy"),
    Sentence(
        "I am applying for the Staff Engineer position at Harbor Freight Systems.", about="courtesy"
    ),
    Sentence("I would be glad to talk about the role.", about="courtesy"),
    Sentence("Thank you for your time.", about="courtesy"),
    Sentence("Kind regards, Sam Cole", about="courtesy"),
    Sentence("Your posting says “Our team ships weekly”.", about="employer"),
    Sentence("Harbor Freight Systems moves containers.", about="employer"),
    Sentence("You ask for 8 years of experience with Kubernetes and Kafka.", about="employer"),
    Sentence("You write “our team ships weekly”; I led a team of 5 engineers.", ("b1",), "link"),
    Sentence(
        "For the Staff Engineer role, “Our team ships weekly” stood out, and I maintained the billing system.",
        ("b3",),
        "link",
    ),
]

LIES = [
    ("I led a team of 12 engineers.", "b1", "unsupported_number"),
    ("I led a team of fifteen engineers.", "b1", "unsupported_number"),
    ("I led a team for 5 years.", "b1", "unsupported_number"),
    ("I led a team of engineers on a budget of $5.", "b1", "unsupported_number"),
    ("I reduced page load time by 60% with Redis caching.", "b2", "unsupported_number"),
    ("I halved page load time: a reduction of 50% with Redis caching.", "b2", "unsupported_number"),
    ("I reduced page load time by 40 seconds with Redis caching.", "b2", "unsupported_number"),
    ("I reduced page load time by 40% for 3 million users.", "b2", "unsupported_number"),
    ("I processed 20 million invoices a month.", "b4", "unsupported_number"),
    ("I processed 2 billion invoices a month.", "b4", "unsupported_number"),
    ("I processed invoices for €12m of revenue.", "b4", "unsupported_number"),
    ("I processed invoices for 1.2 thousand of revenue.", "b4", "unsupported_number"),
    ("I mentored ten junior developers.", "b6", "unsupported_number"),
    ("I mentored two junior developers over three years.", "b6", "unsupported_number"),
    ("I cared for 12 intensive care patients a shift.", "n1", "unsupported_number"),
    ("I was at Ledgerline for ten years.", "r1", "unsupported_number"),
    ("I joined Ledgerline in 2012.", "r1", "unsupported_date"),
    ("I was at Ledgerline from January 2019 to April 2024.", "r1", "unsupported_date"),
    ("I finished my degree in Computer Science in 2011.", "e1", "unsupported_date"),
    ("I led a team of 5 engineers at Google.", "b1 r1", "unsupported_name"),
    ("Google hired me to lead 5 engineers.", "b1", "unsupported_name"),
    ("I maintained the billing system at Zalando.", "b3", "unsupported_name"),
    ("I studied Computer Science at Stanford.", "e1", "unsupported_name"),
    ("I hold a Bachelor of Science from the University of Oxford.", "e1", "unsupported_name"),
    ("I worked in London on the billing system in Django.", "b3 r1", "unsupported_name"),
    ("I led a team of 5 engineers at Harbor Freight Systems.", "b1", "unsupported_name"),
    ("I maintained the billing system in Django and MongoDB.", "b3", "unsupported_skill"),
    ("I maintained the billing system in Ruby on Rails.", "b3", "unsupported_skill"),
    ("I worked with the design group on a new checkout in Vue.js.", "b5", "unsupported_skill"),
    ("I use Python, Docker and Kubernetes.", "s1", "unsupported_skill"),
    ("I reduced page load time by 40% with Kafka.", "b2", "unsupported_skill"),
    ("I speak German and French at a working level.", "l1", "unsupported_skill"),
    ("I was Principal Engineer at Ledgerline GmbH.", "r1", "unsupported_title"),
    ("As CTO of Ledgerline GmbH I led 5 engineers.", "b1 r1", "unsupported_title"),
    ("I was Engineering Manager at Ledgerline GmbH.", "r1", "unsupported_title"),
    ("I hold a Master of Science in Computer Science.", "e1", "unsupported_degree"),
    ("I have a PhD in Computer Science from the University of Leeds.", "e1", "unsupported_degree"),
    ("I have an MBA and maintained the billing system.", "b3", "unsupported_degree"),
    ("I led the billing system in Django and PostgreSQL.", "b3", "unsupported_claim"),
    ("I founded the billing system in Django and PostgreSQL.", "b3", "unsupported_claim"),
    ("I won an award for the billing system in Django.", "b3", "unsupported_claim"),
    ("I am fluent in German.", "l1", "unsupported_claim"),
    ("I published the billing system in Django.", "b3", "unsupported_claim"),
    ("I doubled the revenue of the billing system.", "b3", "unsupported_claim"),
    ("I organised a marathon for charity in the mountains.", "b3", "unsupported_claim"),
    ("I negotiated a new checkout in React with the design group.", "b5", "unsupported_claim"),
    ("I am a world-class engineer.", "", "no_fact"),
    ("I led a team of 5 engineers.", "missing-id", "no_fact"),
]

LIES += [
    ("I cared for 6 intensive care patients a day.", "n1", "unsupported_number"),
    ("I processed 2 million invoices a week.", "b4", "unsupported_number"),
    ("I led a team of 5 engineers across 4 countries.", "b1", "unsupported_number"),
    ("I led 5 engineers in 2020.", "b1", "unsupported_date"),
    ("I received the AWS Hero award in 2022.", "c1", "unsupported_claim"),
    ("I rescued a failing company by rewriting everything.", "b3", "unsupported_claim"),
    ("I maintained the billing system, saving €200k a year.", "b3", "unsupported_number"),
    ("I am a certified Scrum Master.", "b3", "unsupported_skill"),
]

LIES_OTHER = [
    (Sentence("I built Kubernetes platforms and would like to talk.", about="courtesy"), "no_fact"),
    (
        Sentence("I look forward to bringing 8 years of experience.", about="courtesy"),
        "unsupported_number",
    ),
    (Sentence("I enjoy Kafka.", about="courtesy"), "unsupported_skill"),
    (Sentence("I worked at Harbor Freight Systems before.", about="courtesy"), "no_fact"),
    (
        Sentence("Harbor Freight Systems moves 900 containers.", about="employer"),
        "unsupported_number",
    ),
    (
        Sentence("Harbor Freight Systems was bought by Maersk.", about="employer"),
        "unsupported_name",
    ),
    (Sentence("You use Terraform.", about="employer"), "unsupported_skill"),
    (
        Sentence("You ask for Kubernetes, and I led a team of 5 engineers.", ("b1",), "link"),
        "unsupported_skill",
    ),
    (
        Sentence("You write “we pay double”; I led a team of 9 engineers.", ("b1",), "link"),
        "unsupported_number",
    ),
    (
        Sentence("With 8 years of experience I led a team of 5 engineers.", ("b1",), "link"),
        "unsupported_number",
    ),
    (Sentence("You write “Our team ships weekly”.", (), "link"), "no_fact"),
]


@pytest.mark.parametrize(("text", "ids"), HONEST)
def test_honest_sentences_pass(text, ids):
    assert check_claims([Sentence(text, tuple(ids.split()))], FACTS, CONTEXT) == []


@pytest.mark.parametrize("sentence", HONEST_OTHER, ids=lambda sentence: sentence.text)
def test_honest_sentences_about_others_pass(sentence):
    assert check_claims([sentence], FACTS, CONTEXT) == []


@pytest.mark.parametrize(("text", "ids", "kind"), LIES)
def test_planted_lies_are_caught(text, ids, kind):
    findings = check_claims([Sentence(text, tuple(ids.split()))], FACTS, CONTEXT)
    assert kind in {finding.kind for finding in findings}
    assert all(finding.index == 0 and finding.quote in text for finding in findings)
    assert all(finding.sentence.endswith(".") for finding in findings)


@pytest.mark.parametrize(("sentence", "kind"), LIES_OTHER, ids=lambda value: str(value)[:60])
def test_planted_lies_about_others_are_caught(sentence, kind):
    assert kind in {finding.kind for finding in check_claims([sentence], FACTS, CONTEXT)}


def test_a_finding_names_its_sentence_and_what_to_do():
    sentences = [Sentence("I use Python.", ("s1",)), Sentence("I use Scala.", ("s1",))]
    (finding,) = check_claims(sentences, FACTS)
    assert (finding.index, finding.kind, finding.quote) == (1, "unsupported_skill", "Scala")
    assert finding.sentence == (
        "No fact of this sentence shows Scala. Remove it, or add where you used it."
    )


@given(st.text(max_size=300), st.sampled_from(["candidate", "employer", "link", "courtesy"]))
def test_any_text_is_checked_without_a_crash(text, about):
    for finding in check_claims([Sentence(text, ("b1",), about)], FACTS, CONTEXT):
        assert finding.index == 0


@given(st.integers(6, 10**6))
def test_any_other_number_is_caught(number):
    (finding, *_) = check_claims([Sentence(f"I led a team of {number} engineers.", ("b1",))], FACTS)
    assert finding.kind == "unsupported_number"
