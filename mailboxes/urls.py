"""Addresses of mailboxes."""

app_name = "mailboxes"

urlpatterns: list = []
