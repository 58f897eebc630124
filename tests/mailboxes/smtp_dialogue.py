"""Mail handed over SMTP to the peers of these tests: the usual ones and those that follow a script."""

import asyncio
import dataclasses

from mailboxes.smtp_session import Security, SmtpEndpoint, TimeOuts
from mailboxes.transport import SmtpConnection

RAW = b"From: a@acme.test\r\nTo: b@corp.test\r\nMessage-ID: <1@acme.test>\r\n\r\nHello\r\n"
SENDER, RECIPIENT = "a@acme.test", "b@corp.test"
# Long enough for a busy machine, short enough for a test that goes wrong.
PATIENT = TimeOuts(
    connect=10, banner=10, command=10, data=10, content=10, dot=10, tls=10, farewell=5
)
# For servers that stall.
SHORT = TimeOuts(
    connect=10, banner=0.5, command=0.5, data=0.5, content=0.5, dot=0.5, tls=10, farewell=0.5
)


def endpoint_of(sink, **changes):
    base = SmtpEndpoint(host="127.0.0.1", port=sink.port, security=Security.NONE, timeouts=PATIENT)
    return dataclasses.replace(base, **changes)


def deliver(sink, *, raw=RAW, sender=SENDER, recipient=RECIPIENT, before_data=None, **changes):
    async def go():
        connection = SmtpConnection(endpoint_of(sink, **changes))
        await connection.open()
        try:
            return await connection.deliver(sender, recipient, raw, before_data=before_data)
        finally:
            await connection.close()

    return asyncio.run(go())


async def try_log_in(endpoint):
    """Connect, log in and leave; return the server's extensions."""
    connection = SmtpConnection(endpoint)
    await connection.open()
    extensions = dict(connection.extensions)
    await connection.close()
    return extensions


def against(talk, act, **changes):
    """Run ``act(connection)`` against a server that does exactly what ``talk(reader, writer)`` says."""

    async def go():
        finished = asyncio.Event()

        async def serve(reader, writer):
            try:
                await talk(reader, writer)
            finally:
                writer.transport.abort()
                finished.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1024)
        port = server.sockets[0].getsockname()[1]
        base = SmtpEndpoint(host="127.0.0.1", port=port, security=Security.NONE, timeouts=PATIENT)
        connection = SmtpConnection(dataclasses.replace(base, **changes))
        try:
            return await act(connection)
        finally:
            await connection.close()
            server.close()
            await finished.wait()
            await server.wait_closed()

    return asyncio.run(go())


async def open_and_deliver(connection):
    await connection.open()
    receipt = await connection.deliver(SENDER, RECIPIENT, RAW)
    return receipt, connection.usable
