"""Addresses of jobs."""

app_name = "jobs"

urlpatterns: list = []
