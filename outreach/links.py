"""Where news about an application leads."""

from jobs.models import Application


def application_path(application: Application) -> str:
    """Return the path of the application's page; news keep it as text, so it is one of the product's lasting addresses."""
    return f"/applications/{application.public_id}/"
