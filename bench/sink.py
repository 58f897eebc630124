"""An SMTP server that takes everything and forgets it; prints its port. Cheap, so that senders are measured.

`sink.py [DELAY]`: after how many seconds it answers a mail. When its input closes it prints one JSON line: how many
mails it took, and for each recipient when DATA came (seconds since 1970).
"""

import asyncio
import json
import sys
import time

try:
    from uvloop import new_event_loop
except ImportError:
    new_event_loop = None

DELAY = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0


class Sink(asyncio.Protocol):
    """One connection: answers as RFC 5321 wants, without looking at what comes."""

    taken = 0
    data_at: dict[str, float] = {}

    def connection_made(self, transport):
        self.transport, self.rest, self.in_data = transport, b"", False
        self.recipient = ""
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data):
        self.rest += data
        answers = []
        while (answer := self._next()) is not None:
            answers.append(answer)
        if answers:
            self.transport.write(b"".join(answers))
            if answers[-1].startswith(b"221"):
                self.transport.close()

    def _next(self) -> bytes | None:
        end = b"\r\n.\r\n" if self.in_data else b"\r\n"
        text, found, rest = self.rest.partition(end)
        if not found:
            return None
        self.rest = rest
        if self.in_data:
            self.in_data, Sink.taken = False, Sink.taken + 1
            answer = f"250 2.0.0 Ok: queued as {Sink.taken}\r\n".encode()
            if not DELAY:
                return answer
            asyncio.get_running_loop().call_later(DELAY, self.transport.write, answer)
            return b""
        return self._answer(text)

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        if verb == b"DATA":
            self.in_data = True
            Sink.data_at[self.recipient] = time.time()
        extended = b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        return {b"EHLO": extended, b"DATA": b"354 Go on\r\n", b"QUIT": b"221 Bye\r\n"}.get(
            verb, b"250 2.1.0 Ok\r\n"
        )


async def serve() -> None:
    """Serve until ended, or until whoever started us is gone (our input closes)."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"taken": Sink.taken, "data_at": Sink.data_at}), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve())
