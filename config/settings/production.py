"""Real deployments: HTTPS only, secrets and servers from the environment, no sandbox unless asked for."""

import secrets

from config.settings import base
from config.settings.base import *

# Django ends with a traceback at an empty key; this one nobody can guess, and config.checks refuses its length.
SECRET_KEY = base.SECRET_KEY or secrets.token_urlsafe(20)
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
