"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import home, styleguide

admin.autodiscover()

handler400 = home.bad_request

urlpatterns = [
    path("", home.home, name="home"),
    path("health", home.health, name="health"),
    path("health/ready", home.ready, name="health-ready"),
    path("", include("allauth.account.urls")),
    path("", include("accounts.urls")),
    path("", include("jobs.urls")),
    path("", include("mailboxes.urls")),
    path("", include("outreach.urls")),
    path("", include("analytics.urls")),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path(settings.ADMIN_PATH, admin.site.urls),
]
