"""Which company's servers carry the mail of a mailbox, and what each wants to see in the sender's DNS.

Names and selectors are those that the companies publish in their own set-up pages.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailboxes.addresses import domain_of, is_reserved_domain
from mailboxes.models import Mailbox

Provider = Mailbox.Provider


@dataclass(frozen=True)
class Service:
    """A carrier of mail. With `bounces_elsewhere` it uses a bounce domain of its own, so that only DKIM can align.

    `selectors` are where it publishes its keys when its customer keeps the defaults; empty when they cannot be guessed.
    """

    name: str
    spf_include: str
    selectors: tuple[str, ...] = ()
    bounces_elsewhere: bool = False


GOOGLE = Service("Google", "_spf.google.com", ("google",))
MICROSOFT = Service("Microsoft", "spf.protection.outlook.com", ("selector1", "selector2"))
SENDGRID = Service("SendGrid", "sendgrid.net", ("s1", "s2"), bounces_elsewhere=True)
MAILGUN = Service("Mailgun", "mailgun.org", ("mailo", "mx", "k1", "smtp"), bounces_elsewhere=True)
POSTMARK = Service("Postmark", "spf.mtasv.net", bounces_elsewhere=True)
SES = Service("Amazon SES", "amazonses.com", bounces_elsewhere=True)
FASTMAIL = Service("Fastmail", "spf.messagingengine.com", ("fm1", "fm2", "fm3"))
ZOHO = Service("Zoho", "zohomail.com", ("zmail", "zoho"))

BY_PROVIDER: dict[str, Service] = {
    Provider.GOOGLE: GOOGLE,
    Provider.MICROSOFT: MICROSOFT,
    Provider.SENDGRID: SENDGRID,
    Provider.MAILGUN: MAILGUN,
    Provider.POSTMARK: POSTMARK,
    Provider.SES: SES,
}
# The end of the name of an SMTP server.
BY_SERVER: dict[str, Service] = {
    "gmail.com": GOOGLE,
    "googlemail.com": GOOGLE,
    "office365.com": MICROSOFT,
    "outlook.com": MICROSOFT,
    "sendgrid.net": SENDGRID,
    "mailgun.org": MAILGUN,
    "postmarkapp.com": POSTMARK,
    "amazonaws.com": SES,
    "fastmail.com": FASTMAIL,
    "zoho.com": ZOHO,
}
# Domains that give mailboxes to everybody: their company looks after DNS, and no customer can edit it.
SHARED_DOMAINS = frozenset(
    [
        "aol.com",
        "fastmail.com",
        "fastmail.fm",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mac.com",
        "mail.com",
        "me.com",
        "msn.com",
        "online.de",
        "outlook.com",
        "pm.me",
        "posteo.de",
        "proton.me",
        "protonmail.com",
        "t-online.de",
        "web.de",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.de",
        "ymail.com",
        "zoho.com",
        "zohomail.com",
    ]
)


def service_of(mailbox: Mailbox) -> Service | None:
    """Return who carries a mailbox's mail, or None for a server that we do not know."""
    if mailbox.provider in BY_PROVIDER:
        return BY_PROVIDER[mailbox.provider]
    host = mailbox.smtp_host.lower()
    return next(
        (found for end, found in BY_SERVER.items() if host == end or host.endswith(f".{end}")), None
    )


def services_of(mailboxes: Iterable[Mailbox]) -> list[Service]:
    """Return the known carriers of some mailboxes, each once, in their order."""
    return list(dict.fromkeys(found for box in mailboxes if (found := service_of(box))))


def own_domain_of(mailbox: Mailbox) -> str:
    """Return the domain whose DNS the mailbox's owner looks after, or "" when it is somebody else's or none at all."""
    domain = domain_of(mailbox.address).lower()
    if (
        mailbox.is_sandbox
        or mailbox.is_pool
        or is_reserved_domain(domain)
        or domain in SHARED_DOMAINS
    ):
        return ""
    return domain
