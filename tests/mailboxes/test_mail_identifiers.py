"""Message-IDs, and the tokens that reply addresses carry there and back."""

import re

import pytest

from mailboxes.addresses import AddressError
from mailboxes.composing import make_message_id, reply_address, token_from_reply_address


def test_message_ids_are_unique_and_well_formed():
    made = {make_message_id("Bücher.example") for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"<[0-9a-f]{32}@xn--bcher-kva\.example>", one) for one in made)
    with pytest.raises(AddressError):
        make_message_id("x\r\ny.test")


def test_reply_addresses_carry_a_token_there_and_back():
    address = reply_address("Jane@Acme.test", "0123456789abcdef")
    assert address == "Jane+rf-0123456789abcdef@acme.test"
    assert token_from_reply_address(address) == "0123456789abcdef"
    assert token_from_reply_address(address.upper()) == "0123456789abcdef"
    tagged = reply_address("jane+work@acme.test", "abcdefgh")
    assert token_from_reply_address(tagged) == "abcdefgh"


@pytest.mark.parametrize("token", ["", "short", "UPPERCASE", "with space", "x" * 41, "tok\r\nen12"])
def test_other_tokens_are_refused(token):
    with pytest.raises(ValueError, match="token"):
        reply_address("jane@acme.test", token)


def test_a_reply_address_too_long_to_work_is_refused():
    with pytest.raises(AddressError):
        reply_address("j" * 50 + "@acme.test", "0123456789abcdef")


@pytest.mark.parametrize(
    "address",
    [
        "jane@acme.test",
        "jane+work@acme.test",
        "jane+rf-@acme.test",
        "jane+rf-a!@acme.test",
        "not an address",
        "",
    ],
)
def test_other_addresses_have_no_token(address):
    assert token_from_reply_address(address) is None
