"""Addresses of mailboxes."""

from django.urls import path

from mailboxes.views import mailboxes, webhooks

app_name = "mailboxes"

urlpatterns = [
    path("mailboxes/", mailboxes.mailbox_list, name="mailbox-list"),
    path("mailboxes/connect/", mailboxes.mailbox_connect, name="mailbox-connect"),
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
