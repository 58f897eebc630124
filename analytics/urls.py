"""Addresses of analytics."""

from django.urls import path

from analytics.views import funnel

app_name = "analytics"

urlpatterns = [
    path("analytics/", funnel.funnel, name="funnel"),
]
