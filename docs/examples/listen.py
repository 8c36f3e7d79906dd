"""Print every alert once: a client of the alert stream that reconnects and resumes.

    LETHE_TOKEN=$(lethe token --role operator) python listen.py http://127.0.0.1:8620

It needs `pip install websockets`. One line of JSON per alert goes to standard output; what to do
about it, such as ringing a bell, belongs where `print` stands.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

NOT_SIGNED_IN, NOT_ALLOWED = 4401, 4403
SILENCE_S = 40.0  # until the server says how often it is heard


class Place:
    """How far we have got, in which log. Keep it in a file to resume after a restart."""

    def __init__(self) -> None:
        self.log: str | None = None
        self.after = 0

    def take(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Give the alert in a message, if it is new."""
        if message["type"] == "hello":
            if self.log not in {None, message["log"]}:
                self.after = 0  # another database: its sequences are of other alerts
            self.log = message["log"]
        elif message["type"] == "gap":
            print(f"alerts up to {message['sequence']} are only in GET /alerts", file=sys.stderr)
            self.after = message["sequence"]
        elif message["type"] == "alert" and message["sequence"] > self.after:
            self.after = message["sequence"]
            yield message["alert"]


async def listen(address: str, token: str, place: Place) -> None:
    """Follow the stream until the connection ends."""
    async with connect(address, proxy=None) as socket:
        await socket.send(json.dumps({"after": place.after, "token": token}))
        silence_s, log = SILENCE_S, place.log
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), silence_s))
            if message["type"] == "hello":
                silence_s = 2 * message["heartbeat_s"]
            for alert in place.take(message):
                print(json.dumps(alert), flush=True)
            if log not in {None, place.log}:
                return  # begin anew in the other log
            if message["type"] == "caught-up":
                await socket.send(json.dumps({"delivered": message["sequence"]}))


async def main(url: str, token: str) -> None:
    """Follow the stream for as long as the token counts."""
    address = url.replace("http", "ws", 1) + "/api/v1/alerts/stream"
    place, wait_s = Place(), 0.5
    while True:
        before = place.after
        try:
            await listen(address, token, place)
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code in {NOT_SIGNED_IN, NOT_ALLOWED}:
                sys.exit(f"not let in: {closed.rcvd.reason}")
        except (OSError, TimeoutError, WebSocketException):
            pass  # it doesn't answer, or not any more
        # Not all at the same moment, and less often the longer it lasts.
        wait_s = 0.5 if place.after > before else min(2 * wait_s, 15.0)
        await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - no secret


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], os.environ["LETHE_TOKEN"]))
