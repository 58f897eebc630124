"""The event loop that senders run on: uvloop's where it can be installed, else the interpreter's own.

A mail over loopback costs a sender two thirds of the processor time with it (make bench NAME=send).
"""

import asyncio
from collections.abc import Callable

loop_factory: Callable[[], asyncio.AbstractEventLoop] | None
try:
    from uvloop import new_event_loop
except ImportError:
    loop_factory = None
else:
    loop_factory = new_event_loop
