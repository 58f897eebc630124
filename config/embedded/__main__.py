"""`make up`: the same as `manage.py up`, a second sooner because the apps are not loaded first."""

import os
import sys

from django.conf import settings

from config.embedded.host import EmbeddedServerError
from config.embedded.installation import Installation, port_number

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    try:
        port = port_number(os.environ.get("PORT") or "8000")
        Installation(settings.BASE_DIR, port=port).run()
    except EmbeddedServerError as error:
        sys.exit(str(error))
