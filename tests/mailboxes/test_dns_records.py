"""Judging mail records out of texts: which are good, which are wrong and why, and what silence means."""

import pytest

from mailboxes import dns_records, sending_services, spf
from mailboxes.connecting import PRESETS
from mailboxes.dns_lookup import Found

GOOGLE, MICROSOFT, SENDGRID = (
    sending_services.GOOGLE,
    sending_services.MICROSOFT,
    sending_services.SENDGRID,
)
GOOGLE_TREE = {
    ("_spf.google.com", "TXT"): ["v=spf1 include:_netblocks.google.com ~all"],
    ("_netblocks.google.com", "TXT"): ["v=spf1 ip4:192.0.2.0/24 ~all"],
}


def dns(records=(), silent=()):
    """An `ask` over texts that counts nothing and reaches nobody."""

    def ask(name, kind):
        if name in silent:
            return Found(is_known=False, problem=f"The name servers of {name} did not answer.")
        return Found(tuple(dict(records).get((name, kind), ())))

    return ask


def spf_of(*texts, services=(), more=(), silent=()):
    records = {("acme.eu", "TXT"): list(texts), **dict(more)}
    return dns_records.judge_spf("acme.eu", services, dns(records, silent))


def test_a_record_that_names_the_carrier_is_good():
    found = spf_of(
        "google-site-verification=x",
        "v=spf1 include:_spf.google.com ~all",
        services=[GOOGLE],
        more=GOOGLE_TREE,
    )

    assert found.verdict == "ok"
    assert found.found == ("v=spf1 include:_spf.google.com ~all",)
    assert found.sentence == "One record that names who carries your mail; 2 of 10 look-ups used."
    assert found.expected == ""


def test_the_carrier_may_stand_deeper_in_the_tree():
    found = spf_of(
        "v=spf1 redirect=_spf.acme.eu",
        services=[GOOGLE],
        more={("_spf.acme.eu", "TXT"): ["v=spf1 include:_spf.google.com -all"], **GOOGLE_TREE},
    )

    assert found.verdict == "ok"


def test_no_record_is_missing_and_a_whole_one_is_offered():
    found = spf_of("some=thing", services=[GOOGLE, SENDGRID])

    assert found.verdict == "missing"
    assert found.expected == "v=spf1 include:_spf.google.com ~all"


def test_silence_is_unknown_and_never_failed():
    found = spf_of(silent=["acme.eu"], services=[GOOGLE])
    deeper = spf_of(
        "v=spf1 include:_spf.google.com ~all", services=[GOOGLE], silent=["_spf.google.com"]
    )

    assert found.verdict == "unknown"
    assert "says nothing about your record" in found.sentence
    assert deeper.verdict == "unknown"
    assert deeper.found == ("v=spf1 include:_spf.google.com ~all",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=spf1 +all", "lets everybody"),
        ("v=spf1 include:_spf.google.com all", "lets everybody"),
        ("v=spf1 inclde:_spf.google.com ~all", "is no term of SPF"),
        ("v=spf1 include: ~all", "names nothing"),
        ("v=spf1 -redirect=acme.eu", "must not begin with"),
        ("v=spf1 include:nowhere.eu ~all", "has no SPF record"),
        ("v=spf1 include:twice.eu ~all", "has more than one SPF record"),
        ("v=spf1 include:broken.eu ~all", "whose record cannot be read"),
        ("v=spf1 include:acme.eu ~all", "more than 10 further look-ups"),
        (f"v=spf1 {' '.join(f'a:h{n}.eu' for n in range(11))} ~all", "more than 10"),
    ],
)
def test_what_receivers_refuse_is_wrong(text, words):
    found = spf_of(
        text,
        more={
            ("twice.eu", "TXT"): ["v=spf1 -all", "v=spf1 ~all"],
            ("broken.eu", "TXT"): ["v=spf1 what:is"],
            **GOOGLE_TREE,
        },
    )

    assert found.verdict == "failed"
    assert words in found.sentence


def test_two_records_are_wrong():
    found = spf_of("v=spf1 -all", "v=spf1 include:_spf.google.com ~all")

    assert found.verdict == "failed"
    assert "2 SPF records" in found.sentence


def test_ten_lookups_are_still_allowed():
    hosts = " ".join(f"a:h{n}.eu" for n in range(10))

    assert spf_of(f"v=spf1 {hosts} ip4:192.0.2.1 ~all").verdict == "ok"


def test_a_record_without_the_carrier_is_wrong_and_the_mended_one_is_offered():
    found = spf_of("v=spf1 mx -all", services=[GOOGLE, MICROSOFT])

    assert found.verdict == "failed"
    assert "does not name Google and Microsoft" in found.sentence
    assert found.expected == (
        "v=spf1 mx include:_spf.google.com include:spf.protection.outlook.com -all"
    )


def test_a_carrier_with_its_own_bounce_domain_need_not_be_named():
    assert spf_of("v=spf1 mx -all", services=[SENDGRID]).verdict == "ok"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=spf1 mx ?all", "v=spf1 mx ~all"),
        ("v=spf1 mx", "v=spf1 mx ~all"),
        ("v=spf1 ptr ~all", ""),
    ],
)
def test_a_lax_record_could_be_better(text, expected):
    found = spf_of(text)

    assert (found.verdict, found.expected) == ("warning", expected)


def test_an_unknown_carrier_leaves_the_question_open_in_words():
    found = spf_of("v=spf1 mx ~all")

    assert found.verdict == "ok"
    assert "its help page says what to include" in found.sentence


def test_what_begins_like_spf_is_not_spf():
    assert not spf.is_spf("v=spf10 -all")
    assert not spf.is_spf("spf2.0/pra -all")
    assert spf.is_spf("V=SPF1 -all")


def test_macros_are_counted_and_not_followed():
    found = spf_of("v=spf1 include:%{i}._spf.acme.eu exists:%{l}.acme.eu ~all")

    assert found.verdict == "ok"


def dkim_of(*texts, key="QUJD", services=(), name="rf._domainkey.acme.eu", silent=()):
    return dns_records.judge_dkim(
        "acme.eu",
        selector="rf",
        public_key=key,
        services=services,
        ask=dns({(name, "TXT"): list(texts)}, silent),
    )


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["v=DKIM1; k=rsa; p=QUJD"], "ok"),
        (["v=DKIM1; k=rsa; p=QU JD"], "ok"),
        (["p=QUJD"], "ok"),
        (["v=DKIM1; t=y; p=QUJD"], "warning"),
        (["v=DKIM1; p="], "failed"),
        (["v=DKIM1; p=WFla"], "failed"),
        (["v=DKIM1; p=QUJD", "v=DKIM1; p=WFla"], "failed"),
        ([], "missing"),
    ],
)
def test_our_own_key_must_stand_in_dns(texts, verdict):
    found = dkim_of(*texts)

    assert found.verdict == verdict
    assert found.name == "rf._domainkey.acme.eu"
    assert (found.expected == "v=DKIM1; k=rsa; p=QUJD") == (verdict in {"failed", "missing"})


def test_our_own_key_is_unknown_while_dns_is_silent():
    assert dkim_of(silent=["rf._domainkey.acme.eu"]).verdict == "unknown"


def test_a_carriers_key_is_found_at_its_usual_name():
    found = dkim_of(
        "v=DKIM1; p=QUJD",
        key="",
        services=[GOOGLE, MICROSOFT],
        name="selector2._domainkey.acme.eu",
    )

    assert found.verdict == "ok"
    assert found.sentence == "Microsoft signs for acme.eu with the key at this name."


@pytest.mark.parametrize("services", [[GOOGLE], [sending_services.POSTMARK], []])
def test_a_carriers_key_that_is_not_seen_is_unknown(services):
    found = dkim_of(key="", services=services)

    assert found.verdict == "unknown"
    assert "cannot be seen from outside" in found.sentence


def dmarc_of(domain="acme.eu", **texts):
    records = {(name.replace("__", "."), "TXT"): value for name, value in texts.items()}
    return dns_records.judge_dmarc(domain, dns(records))


@pytest.mark.parametrize(
    ("text", "verdict", "words"),
    [
        ("v=DMARC1; p=reject; rua=mailto:a@acme.eu", "ok", "reject forged mail"),
        ("v=DMARC1;p=quarantine", "ok", "set aside forged mail"),
        ("v=DMARC1; p=none; rua=mailto:a@acme.eu", "warning", "only watches (p=none). When"),
        ("v=DMARC1; p=none", "warning", "nobody gets the reports"),
        ("v=DMARC1; p=reject; pct=20", "warning", "only 20 %"),
        ("v=DMARC1; rua=mailto:a@acme.eu", "failed", "names no policy"),
        ("v=DMARC1; p=deny", "failed", "“p=deny” is no policy"),
    ],
)
def test_the_policy_is_judged(text, verdict, words):
    found = dns_records.judge_dmarc("acme.eu", dns({("_dmarc.acme.eu", "TXT"): [text]}))

    assert found.verdict == verdict
    assert words in found.sentence


def test_no_policy_is_missing_and_a_first_one_is_offered():
    found = dns_records.judge_dmarc("acme.eu", dns({("_dmarc.acme.eu", "TXT"): ["v=DMARC2"]}))

    assert found.verdict == "missing"
    assert found.expected == "v=DMARC1; p=none; rua=mailto:dmarc@acme.eu"


def test_two_policies_count_as_none():
    texts = ["v=DMARC1; p=none", "v=DMARC1; p=reject"]

    assert (
        dns_records.judge_dmarc("acme.eu", dns({("_dmarc.acme.eu", "TXT"): texts})).verdict
        == "failed"
    )


def test_the_organisations_policy_stands_in_and_its_subdomain_policy_counts():
    records = {("_dmarc.acme.co.uk", "TXT"): ["v=DMARC1; p=reject; sp=none; rua=mailto:a@b.eu"]}
    found = dns_records.judge_dmarc("mail.acme.co.uk", dns(records))

    assert found.verdict == "warning"
    assert found.name == "_dmarc.acme.co.uk"
    assert "comes from the domain above yours" in found.sentence


def test_a_silent_server_leaves_the_policy_unknown():
    for silent in ("_dmarc.mail.acme.eu", "_dmarc.acme.eu"):
        found = dns_records.judge_dmarc("mail.acme.eu", dns(silent=[silent]))
        assert found.verdict == "unknown"
        assert found.name == silent


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        ({("acme.eu", "MX"): ["10 mx.acme.eu"]}, "ok"),
        ({("acme.eu", "MX"): ["0 ."]}, "failed"),
        ({("acme.eu", "A"): ["192.0.2.1"]}, "warning"),
        ({}, "missing"),
    ],
)
def test_where_answers_go_is_judged(records, verdict):
    assert dns_records.judge_mx("acme.eu", dns(records)).verdict == verdict


def test_alignment_is_relaxed_unless_the_policy_says_strict():
    assert dns_records.alignment_of("mail.acme.eu", "v=DMARC1; p=none; aspf=s") == {
        "spf": "s",
        "dkim": "r",
        "organisation": "acme.eu",
    }


def test_providers_for_everybody_are_not_asked_about():
    assert set(PRESETS) - sending_services.SHARED_DOMAINS <= {"office365.com"}
