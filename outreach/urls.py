"""Addresses of outreach."""

from django.urls import path

from outreach.views import unsubscribing

app_name = "outreach"

urlpatterns = [
    path("u/<str:token>/", unsubscribing.unsubscribe, name="unsubscribe"),
]
