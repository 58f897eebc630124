"""The operations console."""

import pytest
from django.contrib import admin
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_pages_open(staff_client, workspace):
    call_command("check")
    for model in admin.site._registry:
        url = f"/ops/{model._meta.app_label}/{model._meta.model_name}/"
        assert staff_client.get(url).status_code == 200, url
    assert staff_client.get("/ops/").status_code == 200
