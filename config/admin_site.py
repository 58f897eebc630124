"""The operations console: Django admin under our name and path."""

from django.contrib import admin


class OperationsAdminSite(admin.AdminSite):
    """Where staff see mailboxes, messages, suppressions and webhooks, and act with a reason."""

    site_header = "RoleFerry operations"
    site_title = "RoleFerry operations"
    index_title = "Operations"
