"""The words and signs of pay, in the languages and currencies postings use."""

from __future__ import annotations

import re
from decimal import Decimal

# Signs and codes, as written in postings, to ISO 4217. A bare "$" is read as US dollars unless a
# code follows the amount.
CURRENCIES = {
    "US$": "USD",
    "$": "USD",
    "CA$": "CAD",
    "C$": "CAD",
    "CAD$": "CAD",
    "CDN$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "AUD$": "AUD",
    "NZ$": "NZD",
    "S$": "SGD",
    "SG$": "SGD",
    "HK$": "HKD",
    "NT$": "TWD",
    "MX$": "MXN",
    "R$": "BRL",
    "USD$": "USD",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "Rs.": "INR",
    "Rs": "INR",
    "INR": "INR",
    "¥": "JPY",
    "円": "JPY",
    "₩": "KRW",
    "원": "KRW",
    "zł": "PLN",
    "zl": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "lei": "RON",
    "₪": "ILS",
    "₺": "TRY",
    "₴": "UAH",
    "₱": "PHP",
    "฿": "THB",
    "₫": "VND",
    "₦": "NGN",
    "kr.": "DKK",
    "kr": "SEK",
    "Fr.": "CHF",
    "SFr.": "CHF",
    "euros": "EUR",
    "euro": "EUR",
    "Euro": "EUR",
    "pounds": "GBP",
    "dollars": "USD",
    **{
        code: code
        for code in (
            *("USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK"),
            *("HUF", "RON", "BGN", "ILS", "TRY", "UAH", "JPY", "KRW", "CNY", "RMB", "HKD", "TWD"),
            *("SGD", "MYR", "THB", "IDR", "PHP", "VND", "BRL", "MXN", "ARS", "CLP", "COP", "ZAR"),
            *("NGN", "KES", "EGP", "AED", "SAR", "ISK"),
        )
    },
    "RMB": "CNY",
}

# Rough units of a currency to one US dollar: only to tell a salary from a bonus or a budget, so a
# factor of two does no harm. Central-bank rates of 2025, rounded.
UNITS_PER_DOLLAR = {
    code: Decimal(units)
    for code, units in {
        "USD": 1,
        "EUR": 1,
        "GBP": 1,
        "CAD": 1,
        "AUD": 1,
        "NZD": 2,
        "CHF": 1,
        "SGD": 1,
        "SEK": 10,
        "NOK": 10,
        "DKK": 7,
        "PLN": 4,
        "CZK": 22,
        "HUF": 350,
        "RON": 4,
        "BGN": 2,
        "ILS": 4,
        "TRY": 40,
        "UAH": 40,
        "INR": 85,
        "JPY": 150,
        "KRW": 1400,
        "CNY": 7,
        "HKD": 8,
        "TWD": 32,
        "MYR": 4,
        "THB": 33,
        "IDR": 16000,
        "PHP": 57,
        "VND": 25000,
        "BRL": 5,
        "MXN": 18,
        "ARS": 1000,
        "CLP": 950,
        "COP": 4000,
        "ZAR": 18,
        "NGN": 1500,
        "KES": 130,
        "EGP": 50,
        "AED": 4,
        "SAR": 4,
        "ISK": 130,
    }.items()
}

# How far real pay may lie outside the dollar bounds: wages at similar prices, or far lower ones.
NEAR_DOLLAR_WAGES = {
    *("EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "SGD", "SEK", "NOK", "DKK", "ISK", "JPY", "KRW"),
    *("HKD", "ILS", "AED"),
}

# A full-time year: 40 hours in 52 weeks, 260 working days.
PERIODS_PER_YEAR = {
    "hour": 2080,
    "day": 260,
    "week": 52,
    "fortnight": 26,
    "half_month": 24,
    "month": 12,
    "year": 1,
}

_EACH = r"(?:/\s?|\bim\s+|\bper\s+|\ban?\s+|\beach\s+|\bpro\s+|\bpar\s+|\bal?\s+|\bpor\s+|\bi\s+|\bperson/)"


def _rule(units: str, words: str) -> re.Pattern[str]:
    return re.compile(rf"{_EACH}(?:{units})\b\.?|\b(?:{words})\b", re.IGNORECASE)


PERIODS = {
    "hour": _rule(
        r"hours?|hr|hrs|h|stunde|std|heure|hora|uur|timme|tim",
        r"hourly|ph|p\.h|p/h|stündlich|stundenlohn|taux horaire",
    ),
    "day": _rule(
        r"day|tag|jour|d[ií]a|dag",
        r"daily|day rate|per diem|pd|tagessatz|tjm",
    ),
    "fortnight": _rule(
        r"fortnight|two weeks|2 weeks", r"bi-?weekly|fortnightly|every (?:two|2|other) weeks?"
    ),
    "week": _rule(r"week|wk|woche|semaine|semana|vecka", r"weekly|pw|p\.w|wöchentlich"),
    "month": _rule(
        r"months?|mo|mth|monat|mon|mois|mes|m[åa]nad|m[åa]n|maand|m[eê]s|miesi[aą]c|mies",
        r"monthly|pcm|p\.m(?=\.)|monatlich|mensuel(?:le)?|mensual(?:es)?|bruto mes|mies(?:ięcznie)?|månadslön",
    ),
    "year": _rule(
        r"years?|yr|annum|annual|jahr|an|année|año|ano|år|jaar|rok|y",
        r"annually|annual|yearly|per annum|p\.a|pa|lpa|ctc|jährlich|jahresgehalt|annuel(?:le)?|anual(?:es)?|base salary|årslön",
    ),
}

PAY_WORDS = re.compile(
    r"\b(?:salary|salaries|compensation|comp|pay|paid|pays|(?<!customers )(?<!clients )paying|wages?|ote|on[- ]target earnings|"
    r"remuneration|earn|earnings?|(?:hourly|day|daily|base|bill|pay|contract|annual|monthly|weekly) rate|rate of pay|"
    r"(?:hourly|annual|yearly|monthly|salaried|tc|range)(?=\s*:)|total rewards|base range|base pay|hiring range|target range|ctc|stipendium|package|"
    r"gehalt\w*|jahresgehalt|stundenlohn|stundensatz|tagessatz|tjm|bruttogehalt|jahresbrutto|vergütung|lohn|verdienst|entgelt|"
    r"salaire|rémunération|salario|sueldo|salário|retribución|remuneración|retribuzione|stipendio|ral|"
    r"salaris|lön|månadslön|årslön|løn|lønn|wynagrodzenie|widełki|mzda|plat|palkka|maaş|年収|給与|연봉)\b",
    re.IGNORECASE,
)

# Words that, just before an amount, make it something else than pay.
BENEFIT_BEFORE = re.compile(
    r"\b(?:bonus(?:es)?|sign[- ]?on|stipends?|allowances?|reimburse\w*|relocation|referral|raised|"
    r"revenues?|fund(?:s|ed|ing)|budgets?|valuation|valued|equity|stock|shares|rsus?|options|match(?:es|ing|ed)?|"
    r"contributions?|contribute|deductible|premiums?|insurance|coverage|tuition|learning|wellness|"
    r"fertility|adoption|donat\w+|grants?|prizes?|commissions?|discounts?|savings|saved|series [a-f]|"
    r"arr|gmv|aum|assets|quota|pipeline|book of business|deals?|acv|portfolio|transactions|processed)\b",
    re.IGNORECASE,
)

# The same right after an amount. "$90,000 plus bonus" is pay; "$15,000 sign-on bonus" is not.
BENEFIT_AFTER = re.compile(
    r"\s*(?:usd|eur|gbp|cad)?\s*(?:\+\s+(?!\d)(?=in|of|worth))?"
    r"(?:(?:in|of|for|toward|towards|worth|annual|annually|per year|/year|monthly|per month|a year|each year|yearly|a month|one-time|quarterly)\s+){0,3}"
    r"(?:(?!and\b|plus\b|base\b|salary\b|or\b|with\b|depending\b|per\b|to\b|gross\b)[a-z&'-]+\s+){0,2}?"
    r"(?:bonus(?:es)?\b(?!\s+eligible)|sign[- ]?on|stipends?|allowances?|reimbursements?|relocation|referral|revenue|"
    r"funding|funds|capital|budgets?|valuation|equity|stock|shares|options|rsus?|match\b|matching|contributions?|"
    r"deductible|premiums?|insurance|coverage|tuition|fertility|adoption|donations?|grants?|"
    r"transactions?|arr\b|gmv|aum|assets|quota|pipeline|deals?|sales\b|savings|payments|services|benefits|"
    r"credits?|discounts?|spend|volume|investments?|loans?|under management|in the bank|from investors)",
    re.IGNORECASE,
)

# A sentence with one of these speaks of the business, unless a pay word stands before the amount.
BUSINESS_WORDS = re.compile(
    r"\b(?:revenues?|funding|raised|series [a-f]|valuation|transactions?|process(?:ed|es|ing)?|customers?|clients?|"
    r"budgets?|arr|gmv|aum|assets|quota|pipeline|deals?|sold|sales|savings?|saved?|donat\w+|profits?|"
    r"turnover|generated?|portfolio|investments?|investors?|worth|costs?|fees?|prices?|pricing|"
    r"stipends?|reimburse\w*|allowances?|bonus(?:es)?|insurance|match\w*)\b",
    re.IGNORECASE,
)
