"""Addresses of outreach."""

app_name = "outreach"

urlpatterns: list = []
