"""Asking a real name server on loopback: an answer, none, and nobody who can say are three different things."""

import pytest

from mailboxes import dns_lookup
from mailboxes.dns_lookup import Found, ask
from tests.fakes.dns_server import DnsServer


@pytest.fixture
def server(settings):
    with DnsServer() as server:
        settings.DNS_RESOLVERS = [server.address]
        yield server


def test_texts_come_joined_and_in_order(server):
    long = "v=DKIM1; k=rsa; p=" + "A" * 400
    server.add("acme.eu", "TXT", "v=spf1 -all", "another=1").add("key.acme.eu", "TXT", long)

    assert ask("acme.eu", "TXT") == Found(("another=1", "v=spf1 -all"))
    assert ask("key.acme.eu", "TXT") == Found((long,))


def test_mail_servers_come_with_preference_and_null_mx_as_a_dot(server):
    server.add("acme.eu", "MX", "10 mx1.acme.eu.", "20 mx2.acme.eu.").add("none.eu", "MX", "0 .")

    assert ask("acme.eu", "MX") == Found(("10 mx1.acme.eu", "20 mx2.acme.eu"))
    assert ask("none.eu", "MX") == Found(("0 .",))


def test_no_such_name_and_no_such_record_are_known_to_be_none(server):
    server.add("acme.eu", "A", "192.0.2.1")

    assert ask("acme.eu", "TXT") == Found()
    assert ask("nowhere.eu", "TXT") == Found()


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP"])
def test_an_error_of_the_server_is_not_known(server, rcode):
    server.rcodes["acme.eu"] = rcode

    found = ask("acme.eu", "TXT")

    assert found == Found((), False, "The name servers of acme.eu answered with an error.")


def test_silence_is_not_known(server, monkeypatch):
    monkeypatch.setattr(dns_lookup, "LOOKUP_SECONDS", 0.3)
    monkeypatch.setattr(dns_lookup, "TRY_SECONDS", 0.1)
    server.silent.add("acme.eu")

    found = ask("acme.eu", "MX")

    assert found == Found((), False, "The name servers of acme.eu did not answer in time.")


def test_a_slow_answer_within_the_time_counts(server):
    server.add("acme.eu", "TXT", "v=spf1 -all")
    server.slow["acme.eu"] = 0.3

    assert ask("acme.eu", "TXT") == Found(("v=spf1 -all",))


def test_a_truncated_answer_is_asked_for_again_over_tcp(server):
    server.add("acme.eu", "TXT", "v=spf1 -all")
    server.truncated.add("acme.eu")

    assert ask("acme.eu", "TXT") == Found(("v=spf1 -all",))
    assert server.asked["tcp", "acme.eu", "TXT"] == 1


def test_a_chain_of_aliases_is_followed(server):
    server.alias("key.acme.eu", "key.host.eu").alias("key.host.eu", "key.farm.eu")
    server.add("key.farm.eu", "TXT", "v=DKIM1; p=abc")

    assert ask("key.acme.eu", "TXT") == Found(("v=DKIM1; p=abc",))


@pytest.mark.parametrize("name", ["a" * 70 + ".eu", "a..b.eu", ".".join(["abcdefgh"] * 40)])
def test_a_name_that_dns_cannot_carry_is_not_asked(server, name):
    found = ask(name, "TXT")

    assert found.is_known is False
    assert server.asked.total() == 0


def test_addresses_of_resolvers_are_read():
    found = dns_lookup.name_servers(["9.9.9.9", "127.0.0.1:5353", "[::1]:5354", "2620:fe::fe"])

    assert [(server.address, server.port) for server in found] == [
        ("9.9.9.9", 53),
        ("127.0.0.1", 5353),
        ("::1", 5354),
        ("2620:fe::fe", 53),
    ]
