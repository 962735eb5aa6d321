"""A WebSocket server for tests: prints its port, then greets, echoes and misbehaves by path."""

import asyncio
import sys

import websockets


async def serve(socket, path):
    if path == "/silent":
        await socket.wait_closed()
        return
    if path == "/close":
        await socket.close(1008, "go away")
        return
    if path == "/fragments":
        await socket.send(["hello ", "in ", "parts"])
    elif path == "/ping":
        await (await socket.ping(b"are you there"))
        await socket.send("you are there")
    elif path == "/big":
        await socket.send("x" * (1 << 20))
        await socket.send("y" * ((1 << 20) + 1))
    elif path == "/binary":
        await socket.send(b"\x00hello")
    else:
        headers = socket.request_headers
        await socket.send("hello " + headers.get("X-Test", "nobody") + " " + headers.get("Authorization", "none"))
    async for message in socket:
        await socket.send("echo " + message)


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, max_size=None, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], "ready", flush=True)
        await asyncio.Future()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(0)
