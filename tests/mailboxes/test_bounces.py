"""What refusals mean: dead address, passing trouble, or policy against us (A-29 D10; F9). Wordings are of many servers."""

import pytest

from mailboxes.bounces import classify

HARD = [
    ("5.1.1", "550 5.1.1 <maria@northwind.test>: Recipient address rejected: User unknown"),
    ("", "550 5.1.1 The email account that you tried to reach does not exist."),
    ("5.0.0", "550 No such user here"),
    ("550", "Requested action not taken: mailbox unavailable"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied"),
    ("5.1.2", "Host unknown (Name server: host not found)"),
    ("5.2.1", "550 5.2.1 maria@northwind.test no longer works here"),
    ("5.1.1", ""),
    ("5.1.1", "550 5.1.1 <spam.policy@northwind.test>: there is no such mailbox here"),
    ("5.1.3", "bad address syntax"),
    ("5.7.1", "550 5.7.1 <maria@northwind.test>: Recipient address rejected: User unknown"),
    ("", "550 Benutzer existiert nicht / unbekannter Empfaenger"),
]
SOFT = [
    ("4.2.2", "452 4.2.2 The email account that you tried to reach is over quota"),
    ("5.2.2", "552 5.2.2 Mailbox full"),
    ("5.1.0", "Unknown address error 552-'5.2.2 Mailbox is full'"),
    ("4.7.1", "450 4.7.1 Greylisted, please try again later"),
    ("4.4.7", "delivery time expired"),
    ("5.4.7", "delivery time expired"),
    ("451", "temporary local problem"),
    ("4.1.1", "450 4.1.1 Recipient address rejected: User unknown in local recipient table"),
    ("5.2.3", "552 message size exceeds fixed limit, message too large"),
    ("5.2.1", "550 5.2.1 the account is disabled"),
    ("5.0.0", "something nobody has ever seen"),
    ("5.5.0", "554 transaction failed"),
    ("", ""),
]
BLOCK = [
    ("5.7.1", "554 5.7.1 Message rejected due to content restrictions"),
    ("5.7.26", "550 5.7.26 This message does not pass authentication checks (SPF and DKIM)"),
    (
        "5.7.515",
        "550 5.7.515 Access denied, sending domain does not meet the required authentication level",
    ),
    ("5.7.1", ""),
    ("554", "554 Service unavailable; Client host [192.0.2.1] blocked using a blocklist"),
    ("550", "550 message looks like spam, user unknown or policy"),
    ("5.1.8", "553 5.1.8 Domain of sender address does not exist"),
    ("", "550 relaying denied; not authorized to send"),
    ("5.1.1", "550 5.1.1 rejected by policy, see our reputation page"),
]


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        (kind, *case)
        for kind, cases in (("hard", HARD), ("soft", SOFT), ("block", BLOCK))
        for case in cases
    ],
)
def test_kind(kind, status, words):
    assert classify(status, words).kind == kind


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        ("5.0.0", "550 5.1.1 unknown", "5.1.1"),
        ("5.1.1", "550 5.7.1", "5.1.1"),
        ("", "smtp; 550 no", "550"),
        ("2.0.0", "550 5.1.1 no", "5.1.1"),
        ("", "from 10.5.1.1 on port 5500", ""),
        ("", "", ""),
    ],
)
def test_the_most_telling_code_is_kept(status, words, code):
    assert classify(status, words).status == code
