"""The test suite: throw-away servers from tests.servers, fast hashing, no outside world."""

from config.settings.base import *

SECRET_KEY = "test-only-secret-key-" + "x" * 40
FIELD_ENCRYPTION_KEYS = ["A" * 43 + "="]
ADDRESS_HASH_KEY = "test-address-hash-key"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MEDIA_ROOT = Path(env.text("TEST_MEDIA_ROOT", "/tmp/roleferry-test-files"))  # noqa: S108 - conftest gives each run its own
STATE_ROOT = MEDIA_ROOT / "state"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
SANDBOX_ENABLED = True
SMTP_ALLOW_PRIVATE = True  # the mail servers of the tests stand on loopback
SESSION_ENGINE = "django.contrib.sessions.backends.db"
WHITENOISE_AUTOREFRESH = True
DNS_RESOLVERS = ["127.0.0.1:9"]  # nobody: a test that asks DNS starts tests.fakes.dns_server
RATE_LIMIT_PER_MINUTE = 0  # the tests of the limiter turn it on
