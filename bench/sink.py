"""An SMTP server that takes everything at once and forgets it; prints its port. Cheap, so that senders are measured."""

import asyncio
import sys


class Sink(asyncio.Protocol):
    """One connection: answers as RFC 5321 wants, without looking at what comes."""

    taken = 0

    def connection_made(self, transport):
        self.transport, self.rest, self.in_data = transport, b"", False
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data):
        self.rest += data
        answers = []
        while (answer := self._next()) is not None:
            answers.append(answer)
        self.transport.write(b"".join(answers))
        if answers and answers[-1].startswith(b"221"):
            self.transport.close()

    def _next(self) -> bytes | None:
        end = b"\r\n.\r\n" if self.in_data else b"\r\n"
        text, found, rest = self.rest.partition(end)
        if not found:
            return None
        self.rest = rest
        if self.in_data:
            self.in_data, Sink.taken = False, Sink.taken + 1
            return f"250 2.0.0 Ok: queued as {Sink.taken}\r\n".encode()
        verb = text[:4].upper()
        self.in_data = verb == b"DATA"
        extended = b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        return {b"EHLO": extended, b"DATA": b"354 Go on\r\n", b"QUIT": b"221 Bye\r\n"}.get(
            verb, b"250 2.1.0 Ok\r\n"
        )


async def serve() -> None:
    """Serve until ended, or until whoever started us is gone (our input closes)."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(Sink.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
