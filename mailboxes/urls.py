"""Addresses of mailboxes."""

from django.urls import path

from mailboxes.oauth_providers import OAUTH_PROVIDERS
from mailboxes.providers.base import API_PROVIDERS
from mailboxes.views import (
    checking,
    connecting,
    detail,
    dns,
    health,
    lending,
    mailboxes,
    oauth,
    overview,
    services,
    warmup,
    webhooks,
)

app_name = "mailboxes"

urlpatterns = [
    path("mailboxes/", overview.mailbox_list, name="mailbox-list"),
    path("mailboxes/connect/", connecting.mailbox_connect, name="mailbox-connect"),
    path("mailboxes/connect/smtp/", connecting.connect_smtp, name="connect-smtp"),
    path("mailboxes/connect/check/<uuid:pk>/", checking.check_detail, name="check-detail"),
    path("mailboxes/connect/check/<uuid:pk>/again/", checking.check_repeat, name="check-repeat"),
    path("mailboxes/connect/check/<uuid:pk>/accept/", checking.check_accept, name="check-accept"),
    path("mailboxes/<uuid:pk>/", detail.mailbox_detail, name="mailbox-detail"),
    path("mailboxes/<uuid:pk>/test/", checking.mailbox_test, name="mailbox-test"),
    path("mailboxes/<uuid:pk>/caps/", connecting.mailbox_caps, name="mailbox-caps"),
    path("mailboxes/<uuid:pk>/reconnect/", detail.mailbox_reconnect, name="mailbox-reconnect"),
    path("mailboxes/<uuid:pk>/reports/secret/", detail.reports_rotate, name="reports-rotate"),
    *(
        path(f"mailboxes/connect/{kind}/", oauth.oauth_connect, {"kind": kind}, f"connect-{kind}")
        for kind in OAUTH_PROVIDERS
    ),
    *(
        path(f"mailboxes/oauth/{kind}/", oauth.oauth_callback, {"kind": kind}, f"oauth-back-{kind}")
        for kind in OAUTH_PROVIDERS
    ),
    *(
        path(f"mailboxes/connect/{kind}/", services.api_connect, {"kind": kind}, f"connect-{kind}")
        for kind in API_PROVIDERS
    ),
    path("mailboxes/lent/", lending.loan_agree, name="loan-agree"),
    path("mailboxes/<uuid:pk>/reports/", services.mailbox_reports, name="mailbox-reports"),
    path("mailboxes/<uuid:pk>/disconnect/", services.mailbox_disconnect, name="mailbox-disconnect"),
    path("mailboxes/<uuid:pk>/health/", health.mailbox_health, name="mailbox-health"),
    path("mailboxes/<uuid:pk>/warmup/", warmup.mailbox_warmup, name="mailbox-warmup"),
    path("mailboxes/<uuid:pk>/ramp/", warmup.mailbox_ramp, name="mailbox-ramp"),
    path("mailboxes/<uuid:pk>/thaw/", warmup.mailbox_thaw, name="mailbox-thaw"),
    path("mailboxes/<uuid:pk>/dns/", dns.mailbox_dns, name="mailbox-dns"),
    path("mailboxes/<uuid:pk>/dns/check/", dns.mailbox_dns_check, name="mailbox-dns-check"),
    path("mailboxes/<uuid:pk>/dns/key/", dns.mailbox_dns_key, name="mailbox-dns-key"),
    path("mailboxes/sandbox/", mailboxes.mailbox_connect_sandbox, name="mailbox-connect-sandbox"),
    path("mailboxes/pace/", mailboxes.pace_set, name="pace-set"),
    path("mailboxes/<uuid:pk>/pause/", mailboxes.mailbox_pause, name="mailbox-pause"),
    path("mailboxes/<uuid:pk>/resume/", mailboxes.mailbox_resume, name="mailbox-resume"),
    path(
        "webhooks/<slug:provider>/<uuid:public_id>/",
        webhooks.webhook_receive,
        name="webhook-receive",
    ),
]
