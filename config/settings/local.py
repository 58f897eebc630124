"""`make up`: the whole product on one machine, over plain HTTP on loopback, with the sandbox mail peer."""

from config.settings.base import *

SANDBOX_ENABLED = env.flag("SANDBOX_ENABLED", default=True)
SHOW_DEMO_LOGIN = env.flag("SHOW_DEMO_LOGIN", default=True)
# The bootstrap writes both once into var/secrets.json and exports them; these serve one-off commands such as makemigrations.
SECRET_KEY = SECRET_KEY or "local-only-not-secret-" + "0" * 40
FIELD_ENCRYPTION_KEYS = FIELD_ENCRYPTION_KEYS or ["A" * 43 + "="]
ADDRESS_HASH_KEY = ADDRESS_HASH_KEY or "local-address-hash-key"
