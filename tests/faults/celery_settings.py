"""The settings of the tests, with tasks that really travel through the broker."""

import os
from pathlib import Path

from config.settings.test import *  # noqa: F403, TID251 - these are settings

CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_EAGER_PROPAGATES = False
DISPATCH_CONNECTIONS = 4
STATE_ROOT = Path(os.environ["FAULT_STATE_ROOT"])
