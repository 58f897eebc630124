"""Settings shared by every way of running RoleFerry; servers and keys come from the environment."""

from pathlib import Path

from config.settings import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VERSION = "0.1.0"

SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Newest first; every key can decrypt, the first one encrypts (rotation without downtime).
FIELD_ENCRYPTION_KEYS = env.words("FIELD_ENCRYPTION_KEY")
# Keys the hashes that outlive an erased address (suppressions). Changing it would forget who said no: never rotate it.
ADDRESS_HASH_KEY = env.text("ADDRESS_HASH_KEY")
DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
SITE_URL = env.text(
    "SITE_URL", f"http://localhost:{env.number('PORT', 8000, minimum=1, maximum=65535)}"
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "accounts.apps.AccountsConfig",
    "llm.apps.LlmConfig",
    "jobs.apps.JobsConfig",
    "mailboxes.apps.MailboxesConfig",
    "outreach.apps.OutreachConfig",
    "analytics.apps.AnalyticsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "config.apps.OperationsAdminConfig",
    "allauth",
    "allauth.account",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "lucide",
    "csp",
    "storages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.VaryOnHtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.rate_limiting.RateLimitMiddleware",
    "accounts.middleware.PrivatePagesMiddleware",
    "accounts.middleware.WorkspaceMiddleware",
    "accounts.middleware.RequestSizeMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_htmx.templatetags.django_htmx",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.shell",
                "outreach.context_processors.nav_counts",
            ],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL", "postgresql:///roleferry"))}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = env.number("DATABASE_CONN_MAX_AGE", 0)
# The role that web requests switch to; row-level security binds it to one workspace (accounts.isolation).
DATABASE_WEB_ROLE = "roleferry_web"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.check_redis(env.text("REDIS_URL", "redis://127.0.0.1:6379/0"))
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": env.text("REDIS_KEY_PREFIX", "roleferry"),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", env.broker(REDIS_URL))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"outreach.tasks.dispatch": {"queue": "mail"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_ADAPTER = "accounts.signup.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SITE_URL.startswith("https://") else "http"
LOGIN_REDIRECT_URL = "/today/"
LOGIN_URL = "/login/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DATETIME_FORMAT = "D j M, H:i"
DATE_FORMAT = "j M Y"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(BASE_DIR / "var" / "files")))
# What this host remembers beside the database (outreach.epoch_guard); keep it when the database is restored.
STATE_ROOT = Path(env.text("STATE_ROOT", str(BASE_DIR / "var" / "state")))
AWS_STORAGE_BUCKET_NAME = env.text("AWS_STORAGE_BUCKET_NAME")
AWS_S3_ENDPOINT_URL = env.text("AWS_S3_ENDPOINT_URL") or None
AWS_S3_REGION_NAME = env.text("AWS_S3_REGION_NAME") or None
AWS_DEFAULT_ACL = None
AWS_QUERYSTRING_AUTH = True
AWS_QUERYSTRING_EXPIRE = 300  # a private link lives five minutes
AWS_S3_FILE_OVERWRITE = False
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage"
        if AWS_STORAGE_BUCKET_NAME
        else "django.core.files.storage.FileSystemStorage"
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # API-9: larger requests are refused with 413
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 587, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "RoleFerry <hello@roleferry.example>")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, maximum=10)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
# Requests a minute from one address that is not signed in; 0 counts nothing (accounts.rate_limiting).
RATE_LIMIT_PER_MINUTE = env.number("RATE_LIMIT_PER_MINUTE", 100)

# The built-in practice mail server; every mailbox on it carries is_sandbox and never meets a real recipient.
SANDBOX_SMTP_HOST = env.text("SANDBOX_SMTP_HOST", "127.0.0.1")
SANDBOX_SMTP_PORT = env.number("SANDBOX_SMTP_PORT", 2525, minimum=1, maximum=65535)
SANDBOX_ENABLED = env.flag("SANDBOX_ENABLED", default=False)
# Who is asked about the mail records of sending domains, like "9.9.9.9,127.0.0.1:5353"; empty: this machine's resolvers.
DNS_RESOLVERS = env.resolvers("DNS_RESOLVERS")
# For operators whose mail server stands in their own network; by default a mailbox cannot point inwards.
SMTP_ALLOW_PRIVATE = env.flag("SMTP_ALLOW_PRIVATE", default=False)
# Our registrations for connecting mailboxes; without them the page says that it is not configured here.
GOOGLE_OAUTH_CLIENT_ID = env.text("GOOGLE_OAUTH_CLIENT_ID")
GOOGLE_OAUTH_CLIENT_SECRET = env.text("GOOGLE_OAUTH_CLIENT_SECRET")
MICROSOFT_OAUTH_CLIENT_ID = env.text("MICROSOFT_OAUTH_CLIENT_ID")
MICROSOFT_OAUTH_CLIENT_SECRET = env.text("MICROSOFT_OAUTH_CLIENT_SECRET")
# Base addresses that stand in for a provider's own, by mailbox provider. For tests: no variable sets them.
OAUTH_STAND_INS: dict[str, str] = {}
MAIL_API_STAND_INS: dict[str, str] = {}
SHOW_DEMO_LOGIN = env.flag("SHOW_DEMO_LOGIN", default=False)
DEMO_LOGIN_EMAIL = "anna@roleferry.example"
DEMO_PASSWORD = "ferry-across-2026"  # noqa: S105 - printed on the screen for the local demo only
ADMIN_EMAIL = "operator@roleferry.example"
ADMIN_PASSWORD = "harbour-master-2026"  # noqa: S105 - as above
ADMIN_PATH = env.text("ADMIN_PATH", "ops/")

# Senders of one host share its slots; name it where containers of one host have host names of their own.
DISPATCH_HOST = env.text("DISPATCH_HOST")
DISPATCH_SLOTS_PER_HOST = env.number("DISPATCH_SLOTS_PER_HOST", 1, minimum=1, maximum=64)
DISPATCH_SLOTS_TOTAL = env.number("DISPATCH_SLOTS_TOTAL", 4, minimum=1, maximum=1024)
DISPATCH_CONNECTIONS = env.number("DISPATCH_CONNECTIONS", 16, minimum=1, maximum=1024)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"level": "WARNING"}},
}
