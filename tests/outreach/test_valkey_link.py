"""The sender's own few words of RESP: real Valkey, log-in and database, and servers that are none."""

import asyncio
import threading

import pytest
from django.conf import settings

from outreach.valkey_link import ValkeyLink, ValkeyLinkError


def serve(*lines):
    """Start a server that answers each read with the next line; return its port and what it heard."""
    heard, ready, port = [], threading.Event(), []

    async def talk(reader, writer):
        for line in lines:
            heard.append(await reader.read(4096))
            writer.write(line)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def run():
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        async with asyncio.timeout(10):
            while len(heard) < len(lines):
                await asyncio.sleep(0.01)
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    return port[0], heard, thread


def test_it_reads_and_writes_a_real_valkey():
    link = ValkeyLink(settings.REDIS_URL, seconds=5)
    try:
        assert link.ask("DEL", "valkey-link-test") in {0, 1}
        assert link.ask("GET", "valkey-link-test") is None
        assert link.ask("SET", "valkey-link-test", 41) == b"OK"
        assert link.ask("EVAL", "return redis.call('INCR', KEYS[1])", 1, "valkey-link-test") == 42
        assert link.ask("GET", "valkey-link-test") == b"42"
        with pytest.raises(ValkeyLinkError, match="WRONGTYPE"):
            link.ask("LPUSH", "valkey-link-test", "x")
        assert link.ask("DEL", "valkey-link-test") == 1
    finally:
        link.close()


def test_it_logs_in_and_chooses_the_database_first():
    port, heard, thread = serve(b"+OK\r\n", b"+OK\r\n", b"$1\r\n7\r\n")
    link = ValkeyLink(f"redis://olga:p%40ss@127.0.0.1:{port}/3", seconds=5)

    assert link.ask("GET", "x") == b"7"
    link.close()
    thread.join(10)
    assert heard == [
        b"*3\r\n$4\r\nAUTH\r\n$4\r\nolga\r\n$4\r\np@ss\r\n",
        b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n",
        b"*2\r\n$3\r\nGET\r\n$1\r\nx\r\n",
    ]


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n", b":many\r\n", b"", b"x" * 9000]
)
def test_what_is_not_valkey_is_an_error_of_the_connection(answer):
    port, heard, thread = serve(answer)
    link = ValkeyLink(f"redis://127.0.0.1:{port}/0", seconds=5)

    with pytest.raises(OSError, match=r".+"):
        link.ask("GET", "x")
    link.close()
    thread.join(10)
    assert len(heard) == 1


def test_nobody_listens():
    link = ValkeyLink("unix:///nowhere/valkey.sock?db=1", seconds=1)

    with pytest.raises(OSError, match="No such file"):
        link.ask("GET", "x")
    link.close()
