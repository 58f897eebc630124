"""The ASGI entry point that granian serves."""

import os
import warnings

from django.conf import settings
from django.core.asgi import get_asgi_application

from config.body_limit import BodyLimit
from config.checks import refuse_bad_settings

# Static files and downloads are small and read in one go; the advice to stream them asynchronously is not for us.
warnings.filterwarnings(
    "ignore", message="StreamingHttpResponse must consume synchronous iterators"
)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
refuse_bad_settings()
application = BodyLimit(get_asgi_application(), limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
