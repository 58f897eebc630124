"""Pay is read in many tongues and never made out of other numbers."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from jobs.experience import experience_months, years_of_experience
from jobs.salary import Salary, parse_salary
from jobs.salary_evaluation import evaluate_salaries


def stated(text: str, **settings) -> tuple | None:
    salary = parse_salary(text, **settings)
    return salary and (salary.minimum, salary.maximum, salary.currency, salary.period)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Salary: $85,000", (85000, None, "USD", "year")),
        ("Salary: 85k", (85000, None, "USD", "year")),
        ("Base pay: $85K - $95K", (85000, 95000, "USD", "year")),
        ("The base pay is $120-150k.", (120000, 150000, "USD", "year")),
        ("Compensation: between $90,000 and $110,000", (90000, 110000, "USD", "year")),
        ("Pay range $90,000 — $110,000 USD", (90000, 110000, "USD", "year")),
        ("Annual Salary: $110,000 - $130,000 CAD", (110000, 130000, "CAD", "year")),
        ("Compensation Range: CAD 110,000 - 130,000", (110000, 130000, "CAD", "year")),
        ("Salary: CA$102.8K – CA$137K", (102800, 137000, "CAD", "year")),
        ("Pay: AU$140k + super", (140000, None, "AUD", "year")),
        ("Salary: S$6,000 - S$9,000 monthly", (6000, 9000, "SGD", "month")),
        ("OTE $200,000 - $240,000 (50/50 split)", (200000, 240000, "USD", "year")),
        ("Salary range\n$90,000\n—\n$110,000 USD", (90000, 110000, "USD", "year")),
        ("<p>Pay&nbsp;range</p><p>$90,000&nbsp;&mdash;&nbsp;$110,000</p>", (90000, 110000, "USD", "year")),
        ("Rate: $65/hr on W2, hourly rate $65", (65, None, "USD", "hour")),
        ("$65 - $75 per hour", (65, 75, "USD", "hour")),
        ("The pay range is $28.50-$34.25/hour", (Decimal("28.50"), Decimal("34.25"), "USD", "hour")),
        ("Day rate £450 - £550", (450, 550, "GBP", "day")),
        ("£40,000 per annum", (40000, None, "GBP", "year")),
        ("Compensation\n\nThe range is £70,000-£85,000, plus a £3,000 allowance", (70000, 85000, "GBP", "year")),
        ("€55.000 - €70.000 brutto/Jahr", (55000, 70000, "EUR", "year")),
        ("Gehalt: 55.000 – 70.000 EUR brutto pro Jahr", (55000, 70000, "EUR", "year")),
        ("Monatsgehalt, Gehalt: €3.500 brutto pro Monat", (3500, None, "EUR", "month")),
        ("Salaire : 45 000 € - 60 000 € par an", (45000, 60000, "EUR", "year")),
        ("Salaire : 45\u202f000\u00a0€ - 60\u202f000\u00a0€ par an", (45000, 60000, "EUR", "year")),
        ("Salario: 35.000€ - 45.000€ brutos anuales", (35000, 45000, "EUR", "year")),
        ("Lohn: CHF 100'000–120'000", (100000, 120000, "CHF", "year")),
        ("Lohn: CHF 100’000 – 120’000 pro Jahr", (100000, 120000, "CHF", "year")),
        ("Lön: 45 000–55 000 kr/mån", (45000, 55000, "SEK", "month")),
        ("SEK 600,000 – 720,000 annual salary", (600000, 720000, "SEK", "year")),
        ("Salary 15 000 - 20 000 PLN / month", (15000, 20000, "PLN", "month")),
        ("wynagrodzenie: 15 000 - 20 000 zł brutto miesięcznie", (15000, 20000, "PLN", "month")),
        ("Compensation: ₹12-18 LPA", (1200000, 1800000, "INR", "year")),
        ("CTC 12-18 lakhs per annum", (1200000, 1800000, "INR", "year")),
        ("Salary ₹ 12,00,000 - 18,00,000 per year", (1200000, 1800000, "INR", "year")),
        ("年収 600万 - 900万円", (6000000, 9000000, "JPY", "year")),
        ("Salary: 3.000 € - 4.000 € im Monat", (3000, 4000, "EUR", "month")),
        ("Salary: $4,000 biweekly", (4000, None, "USD", "fortnight")),
        ("TJM 500€", (500, None, "EUR", "day")),
        ("Hourly: $25 - $30", (25, 30, "USD", "hour")),
        ("Zone A: $100,000 - $120,000 per year; Zone B: $90,000 - $110,000 per year", (90000, 120000, "USD", "year")),
        ("Salary up to £65k", (None, 65000, "GBP", "year")),
        ("Base salary: $150,000 USD plus equity worth $50,000", (150000, None, "USD", "year")),
        ("Salary: $120k–$150k/yr + $10k signing bonus", (120000, 150000, "USD", "year")),
        ("Base: salary $90,000. OTE: $150,000.", (90000, 150000, "USD", "year")),
        ("Salary $90,000-$110,000 (about $43/hour)", (90000, 110000, "USD", "year")),
    ],
)  # fmt: skip
def test_pay_is_read(text, expected):
    assert stated(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "$", "Salary:", "Salary: competitive", "Salary negotiable, 30 days holiday"),
        *("Schedule: 10-15 hours per week, paid weekly", "Work 40 hours per week, paid monthly"),
        *("401(k) match up to $10,000 per year", "We offer 401k and 403(b), pay is great"),
        *(
            "Annual bonus of 15% of salary",
            "salary with 0.1% - 0.5% equity",
            "Pay rises of 3-5% a year",
        ),
        *(
            "We raised $120k in pre-seed and pay well.",
            "We raised a $50M Series B, 500 employees, founded 2015.",
        ),
        *("Our platform processed $85,000 - $120,000 in transactions", "$500,000,000 in revenue"),
        *("We pay a $2,000 annual learning stipend", "Pay: up to $20,000 relocation"),
        *("Earn $500,000 in sales quota", "You will manage a budget of $500,000 and earn trust."),
        *("Our customers save $80,000 per year", "customers paying $50,000 per year"),
        *("salary commensurate with 5+ years of experience", "Founded in 1998, paid 2026-05-01"),
        *("Compensation: competitive. Call 555-123-4567", "Salary: 95000", "Salary: $1,000,000"),
        *("Salary: $5,000", "Salary: $9,999 per hour", "Employees: 5,000 - 10,000, paid leave"),
        *("Salary: 12 - 18 months contract", "compensation for 24/7 on-call, 3 PM to 11:30 PM"),
        "The pay page is at https://x.example/1234567/salary/2026",
    ],
)
def test_other_numbers_are_not_pay(text):
    assert stated(text) is None


def test_pay_field_needs_no_pay_word():
    assert stated("We saw $90,000 - $100,000 there") is None
    assert stated("Deckhand\n$90,000 - $100,000 DOE\nOslo") == (90000, 100000, "USD", "year")
    assert stated("$90,000 - $100,000", is_salary_field=True) == (90000, 100000, "USD", "year")
    assert stated("90,000 - 100,000", is_salary_field=True) == (90000, 100000, "USD", "year")
    assert stated("90,000 - 100,000", is_salary_field=True, default_currency="EUR") == (
        *(90000, 100000),
        *("EUR", "year"),
    )
    assert stated("90,000", is_salary_field=True) is None
    assert stated("40 hours", is_salary_field=True) is None


def test_pay_per_year():
    hourly = Salary(Decimal(50), Decimal("60.5"), "USD", "hour").per_year()
    assert hourly == Salary(Decimal(104000), Decimal(125840), "USD", "year")
    monthly = Salary(None, Decimal(4000), "EUR", "month").per_year()
    assert monthly == Salary(None, Decimal(48000), "EUR", "year")


@pytest.mark.parametrize(
    "bomb",
    ["9" * 60_000, "$1,000" * 10_000, "1 000 " * 10_000, "$1-" * 20_000, "salary " * 9_000, "<" * 60_000, "&lt;p" * 15_000, "a. " * 20_000],
)  # fmt: skip
def test_reading_pay_stays_quick(bomb):
    started = time.process_time()
    parse_salary(bomb)
    years_of_experience(bomb)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "months", "years"),
    [
        ("5 years of experience", 60, "5.0"),
        ("five years' experience in sales", 60, "5.0"),
        ("at least five (5) years of experience", 60, "5.0"),
        ("5+ years of experience with Go", 66, "5.0"),
        ("over 2 years of experience", 30, "2.0"),
        ("more than 3 months of experience", 4, "0.3"),
        ("3-5 years of relevant experience", 36, "3.0"),
        ("2 to 4 years of hands-on experience", 24, "2.0"),
        ("1.5 years of experience", 18, "1.5"),
        ("Experience: two years, six months", 30, "2.5"),
        ("having experience of ten years and one month", 121, "10.1"),
        ("a year of experience", 12, "1.0"),
        ("7 years of C++ and C# experience", 84, "7.0"),
        ("Our 20 years of experience. You bring 3 years of experience", 36, "3.0"),
    ],
)
def test_experience_is_read(text, months, years):
    assert experience_months(text) == months
    assert years_of_experience(text) == Decimal(years)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "10 years in business",
            "vesting over 4 years",
            "experience required",
            "401k after 1 year",
        ),
        *("$5 years of experience", "half a year of experience", "We have 30 years of experience"),
    ],
)
def test_other_durations_are_not_experience(text):
    assert experience_months(text) is None
    assert years_of_experience(text) is None


def test_evaluation_counts_invented_pay(tmp_path):
    year = {"max": None, "currency": "USD", "period": "year"}
    rows = [
        {
            "id": "1",
            "context": "job text",
            "text": "Pay: $40/hour",
            "expected": {"min": 83200.0, **year},
        },
        {"id": "2", "context": "explicit salary field", "text": "$50,000", "expected": None},
        {
            "id": "3",
            "context": "job text",
            "text": "Salary: $50,000",
            "expected": {"min": 1.0, **year},
        },
    ]
    (tmp_path / "salary.jsonl").write_text("\n".join(map(json.dumps, rows)))
    row = {"id": "4", "text": "2 years of experience", "months": 24}
    (tmp_path / "years_of_experience.jsonl").write_text(json.dumps(row))
    scores = evaluate_salaries(tmp_path)
    assert [scores[name] for name in ("cases", "right", "wrong", "crashed", "invented")] == [
        4,
        2,
        2,
        0,
        1,
    ]
    assert [detail["id"] for detail in scores["details"]] == ["2", "3"]
