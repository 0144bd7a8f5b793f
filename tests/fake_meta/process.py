"""The stand-in as a child process of the test."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from .control import FakeMetaControl

ROOT = Path(__file__).resolve().parents[2]


class FakeMetaProcess:
    """Context manager: a running stand-in with ``url`` and ``control``.

    Its standard input is a pipe that ends with this process, however it ends, and the
    stand-in stops with it. It has a session of its own, so that Ctrl-C reaches only
    the parent, which stops it in its own order. ``python`` must have aiohttp.
    """

    def __init__(
        self, port: int = 0, *, python: str = sys.executable, wait: float = 30
    ) -> None:
        self._port = port
        self._python = python
        self._wait = wait
        self._process: subprocess.Popen | None = None

    def start(self) -> FakeMetaProcess:
        """Start and wait until it answers. Raises RuntimeError with its last words."""
        self._folder = tempfile.TemporaryDirectory(
            prefix="fake_meta_", ignore_cleanup_errors=True
        )
        folder = Path(self._folder.name)
        port_file, self.log = folder / "port", folder / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(self._python, "-m", "tests.fake_meta", "--stop-with-stdin"),
                    *("--port", str(self._port), "--port-file", str(port_file)),
                ],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._await(port_file)
        except BaseException:
            self.stop()
            raise
        return self

    def _await(self, port_file: Path) -> None:
        end = time.monotonic() + self._wait
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            if port_file.exists():
                self.url = f"http://127.0.0.1:{int(port_file.read_text())}"
                self.control = FakeMetaControl(self.url)
                try:
                    self.control.ping()
                    return
                except requests.ConnectionError:
                    self.control.close()
            time.sleep(0.02)
        words = self.log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"the fake Meta did not start: {words or 'no word from it'}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """Stop and wait for the end; again is no error."""
        process, self._process = self._process, None
        if process is None:
            return
        if hasattr(self, "control"):
            self.control.close()
        process.stdin.close()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._folder.cleanup()

    def __enter__(self) -> FakeMetaProcess:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
