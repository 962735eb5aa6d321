#!/usr/bin/env python3
"""Servers for a blackbox probe, each on a free port of 127.0.0.1, until SIGTERM.

    peers.py CERTIFICATES    (a folder of good.pem good.key self.pem self.key expired.pem expired.key)

Prints one line of JSON: the port of each."""
import asyncio
import base64
import json
import ssl
import struct
import sys

CERTIFICATES = sys.argv[1]
CREDENTIALS = "Basic " + base64.b64encode(b"user:pass word").decode()


def tls(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{CERTIFICATES}/{name}.pem", f"{CERTIFICATES}/{name}.key")
    return context


def answer(path, headers):
    """Status, headers and body of a path."""
    if path == "/redirect":
        return 302, ["Location: /"], b""
    if path == "/loop":
        return 302, ["Location: /loop"], b""
    if path == "/auth":
        good = headers.get("authorization") == CREDENTIALS
        return (200 if good else 401), [], b"inside\n"
    if path == "/large":
        return 200, [], b"x" * 5000
    if path == "/dated":
        return 200, ["Last-Modified: Wed, 30 Sep 2026 00:00:00 GMT"], b"dated\n"
    if path == "/empty":
        return 204, [], b""
    if path == "/error":
        return 500, [], b"broken\n"
    if path == "/":
        return 200, ["X-Peer: one"], b"hello world\n"
    return 404, [], b"not here\n"


async def http(reader, writer):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {}
        for line in head[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.lower()] = value.strip()
        status, more, body = answer(path.split("?")[0], headers)
        lines = [f"HTTP/1.1 {status} Status", "Connection: close", *more]
        if status != 204:
            lines.append(f"Content-Length: {len(body)}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + (b"" if method == "HEAD" else body))
        await writer.drain()
    except (OSError, ValueError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def banner(reader, writer):
    try:
        writer.write(b"220 peer.example ESMTP ready\r\n")
        await writer.drain()
        while line := await reader.readline():
            if line.startswith(b"EHLO"):
                writer.write(b"250-peer.example\r\n250-STARTTLS\r\n250 DSN\r\n")
            elif line.startswith(b"STARTTLS"):
                writer.write(b"220 go ahead\r\n")
                await writer.drain()
                await writer.start_tls(tls("good"))
            elif line.startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"500 what\r\n")
            await writer.drain()
        await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    writer.close()


def name_bytes(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part) + b"\0"


def record(name, kind, data):
    return name_bytes(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def dns(query):
    identifier, flags = struct.unpack(">HH", query[:4])
    end = 12
    while query[end]:
        end += query[end] + 1
    name = query[13:end].decode("latin1")
    kind = struct.unpack(">H", query[end + 1 : end + 3])[0]
    answers, code = [], 0
    if name.startswith("missing"):
        code = 3
    elif kind == 1:
        answers = [record("peer.example", 1, bytes([192, 0, 2, last])) for last in (1, 2)]
    elif kind == 6:
        soa = name_bytes("ns.peer.example") + name_bytes("admin.peer.example") + struct.pack(">5I", 42, 1, 1, 1, 1)
        answers = [record("peer.example", 6, soa)]
    head = struct.pack(">6H", identifier, 0x8000 | (flags & 0x0100) | code, 1, len(answers), 0, 0)
    return head + query[12 : end + 5] + b"".join(answers)


class Names(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(dns(data), address)


async def names_over_tcp(reader, writer):
    try:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
        reply = dns(await reader.readexactly(size))
        writer.write(struct.pack(">H", len(reply)) + reply)
        await writer.drain()
        await reader.read(1)
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def main():
    ports, servers = {}, []

    async def serve(name, handler, context=None):
        server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        ports[name] = server.sockets[0].getsockname()[1]

    await serve("http", http)
    for name in ("good", "self", "expired"):
        await serve(name, http, tls(name))
    await serve("banner", banner)
    await serve("banner_tls", banner, tls("good"))
    await serve("dns_tcp", names_over_tcp)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Names, ("127.0.0.1", 0))
    ports["dns"] = transport.get_extra_info("sockname")[1]
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
