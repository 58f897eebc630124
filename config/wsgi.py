"""The WSGI entry point, for servers that prefer it."""

import os

from django.core.wsgi import get_wsgi_application

from config.checks import refuse_bad_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
refuse_bad_settings()
application = get_wsgi_application()
