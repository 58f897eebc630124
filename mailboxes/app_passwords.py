"""Where each big provider keeps its app passwords, in our own words. Source: the providers' help pages, November 2026."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PasswordHelp:
    """How to get a password that a mail program may use."""

    provider: str
    domains: tuple[str, ...]
    steps: str
    url: str


HELP = (
    PasswordHelp(
        "Google (Gmail)",
        ("gmail.com", "googlemail.com"),
        "Switch two-step verification on, then open “App passwords”, name one “RoleFerry” and paste its sixteen letters here.",
        "https://myaccount.google.com/apppasswords",
    ),
    PasswordHelp(
        "Microsoft (Outlook, Hotmail, 365)",
        ("outlook.com", "hotmail.com", "office365.com"),
        "Microsoft takes no passwords from mail programs any more in most accounts. Choose “Microsoft” instead; with an "
        "organisation's mailbox, its administrator can allow authenticated SMTP.",
        "https://account.microsoft.com/security",
    ),
    PasswordHelp(
        "Apple (iCloud)",
        ("icloud.com", "me.com", "mac.com"),
        "Under Sign-In and Security choose “App-Specific Passwords” and make one. The user name is your iCloud address.",
        "https://account.apple.com",
    ),
    PasswordHelp(
        "Yahoo",
        ("yahoo.com",),
        "Under Account security choose “Generate app password” and name it “RoleFerry”.",
        "https://login.yahoo.com/account/security",
    ),
    PasswordHelp(
        "Fastmail",
        ("fastmail.com",),
        "Under Settings, Privacy and Security, make an app password with access to mail (IMAP and SMTP).",
        "https://app.fastmail.com/settings/security",
    ),
    PasswordHelp(
        "GMX and Web.de",
        ("gmx.net", "gmx.de", "web.de"),
        "In the settings for POP3 and IMAP allow other programs first. With two-step verification on, make an "
        "application-specific password as well.",
        "",
    ),
    PasswordHelp(
        "Zoho",
        ("zoho.com",),
        "Switch IMAP on in the mail settings; with two-step verification on, make an application-specific password.",
        "https://accounts.zoho.com",
    ),
)


def help_for(domain: str) -> PasswordHelp | None:
    """Return the help for a domain's provider, or None when we do not know it."""
    return next((entry for entry in HELP if domain in entry.domains), None)
