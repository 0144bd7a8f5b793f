"""``python -m tests.fake_meta --port 0 --port-file PATH``: run the stand-in."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from aiohttp import web

from .server import FakeMeta, make_app


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_meta")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--port-file", type=Path, help="the port is written here")
    parser.add_argument(
        "--stop-with-stdin",
        action="store_true",
        help="stop when standard input ends, that is when the parent process dies",
    )
    return parser.parse_args()


def _write_port(path: Path, port: int) -> None:
    """Whole or not at all: whoever waits for the file never reads half a number."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(f"{port}\n")
    os.replace(draft, path)


async def _run(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if arguments.stop_with_stdin:

        def watch() -> None:
            # Not sys.stdin: its lock would be held when the interpreter ends.
            while os.read(0, 1024):
                pass
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=watch, daemon=True).start()
    runner = web.AppRunner(make_app(FakeMeta()), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", arguments.port)
    await site.start()
    port = runner.addresses[0][1]
    if arguments.port_file:
        _write_port(arguments.port_file, port)
    print(f"fake Meta listening on http://127.0.0.1:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    arguments = _arguments()
    try:
        asyncio.run(_run(arguments))
    except OSError as error:
        sys.exit(f"fake Meta cannot listen on port {arguments.port}: {error}")


if __name__ == "__main__":
    main()
