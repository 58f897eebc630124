"""A name server on loopback, over UDP and TCP, that answers as a test tells it to: well, badly, slowly or not at all."""

import socket
import socketserver
import struct
import threading
import time
from collections import Counter

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

TTL = 60


class DnsServer:
    """`with DnsServer() as server:` listens at `server.address` ("127.0.0.1:port") on UDP and TCP.

    `add(name, kind, *texts)` gives records, `alias(name, target)` a CNAME. `rcodes[name]` answers with an error,
    `silent` names are never answered, `slow[name]` waits that many seconds, `truncated` names fit only over TCP.
    `asked` counts (transport, name, type).
    """

    def __init__(self, *, port=0):
        self.port = port
        self.records = {}
        self.aliases = {}
        self.rcodes = {}
        self.silent = set()
        self.slow = {}
        self.truncated = set()
        self.asked = Counter()

    def add(self, name, kind, *texts):
        self.records.setdefault((name, kind), []).extend(texts)
        return self

    def alias(self, name, target):
        self.aliases[name] = target
        return self

    def __enter__(self):
        server = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                data, sock = self.request
                wire = server.answer(data, "udp")
                if wire is not None:
                    sock.sendto(wire, self.client_address)

        class Stream(socketserver.BaseRequestHandler):
            def handle(self):
                head = self.request.recv(2)
                if len(head) < 2:
                    return
                (length,) = struct.unpack("!H", head)
                wire = server.answer(self.request.recv(length), "tcp")
                if wire is not None:
                    self.request.sendall(struct.pack("!H", len(wire)) + wire)

        socketserver.ThreadingUDPServer.daemon_threads = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        self._servers = _on_one_port(Datagram, Stream, self.port)
        self.address = "{}:{}".format(*self._servers[0].server_address)
        self._threads = [
            threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True)
            for each in self._servers
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for each in self._servers:
            each.shutdown()
            each.server_close()
        for thread in self._threads:
            thread.join()

    def answer(self, data, transport):
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked[transport, name, kind] += 1
        if name in self.silent:
            return None
        time.sleep(self.slow.get(name, 0))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.rcodes:
            reply.set_rcode(dns.rcode.from_text(self.rcodes[name]))
            return reply.to_wire()
        if name in self.truncated and transport == "udp":
            reply.flags |= dns.flags.TC
            return reply.to_wire()
        while name in self.aliases:
            target = self.aliases[name]
            reply.answer.append(dns.rrset.from_text(f"{name}.", TTL, "IN", "CNAME", f"{target}."))
            name = target
        texts = self.records.get((name, kind), [])
        if texts:
            shaped = [_shaped(kind, text) for text in texts]
            reply.answer.append(dns.rrset.from_text(f"{name}.", TTL, "IN", kind, *shaped))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire(max_size=65535)


def _shaped(kind, text):
    """TXT in strings of 255 characters, as a zone file would have it."""
    if kind != "TXT":
        return text
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)] or [""]
    return " ".join('"{}"'.format(piece.replace('"', '\\"')) for piece in pieces)


def _on_one_port(datagram, stream, port):
    """The same port for both transports: a truncated answer is asked for again over TCP there."""
    for _ in range(20):
        over_tcp = socketserver.ThreadingTCPServer(("127.0.0.1", port), stream)
        try:
            over_udp = socketserver.ThreadingUDPServer(
                ("127.0.0.1", over_tcp.server_address[1]), datagram
            )
        except OSError:
            over_tcp.server_close()
            continue
        over_udp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return over_udp, over_tcp
    raise OSError("no free port for both transports")
