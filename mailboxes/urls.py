"""Addresses of mailboxes."""

from django.urls import path

from mailboxes.views import webhooks

app_name = "mailboxes"

urlpatterns = [
    path(
        "webhooks/<slug:provider>/<uuid:public_id>/",
        webhooks.webhook_receive,
        name="webhook-receive",
    ),
]
