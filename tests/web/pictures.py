"""The pictures of the documents: taken by the browser tests, so that they stay true.

``make pictures`` takes them. Every other run walks the same way, reads the same words,
and sees that each picture is there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from PIL import Image

from tests.workbench.layout import Layout

from .chromium import WIDTH
from .screen import Screen

#: Set by ``make pictures``.
SWITCH = "TAKE_PICTURES"
#: A document is read over slow lines too (bytes).
MOST = 150_000
#: Those that the app's own page shows; it can show nothing from outside of the addon.
IN_DESCRIPTION = ("overview", "funnel-board", "funnel-doctor", "setup", "lead-tab")


class Pictures:
    """The folders of pictures, and whether they are taken now."""

    def __init__(self, layout: Layout) -> None:
        self.folder = layout.repository / "docs" / "images"
        self.description = layout.addon / "static" / "description"
        self.are_taken = bool(os.environ.get(SWITCH))

    def keep(self, screen: Screen, name: str, *, height: int = 768) -> None:
        """Keep what the screen shows as a picture of this name.

        :param height: of a display on which all that matters can be seen
        :raise AssertionError: when the picture is missing or too large for a document
        """
        paths = [self.folder / f"{name}.png"]
        if name in IN_DESCRIPTION:
            paths.append(self.description / f"{name}.png")
        if self.are_taken:
            self.folder.mkdir(exist_ok=True)
            self._take(screen, paths[0], height)
            for copy in paths[1:]:
                shutil.copyfile(paths[0], copy)
        for path in paths:
            assert path.is_file(), f"{path.name} is missing: run make pictures"
            assert path.stat().st_size <= MOST, f"{path.name} is too large"

    def _take(self, screen: Screen, path: Path, height: int) -> None:
        tab = screen.tab
        size = {"width": WIDTH, "deviceScaleFactor": 1, "mobile": False}
        tab.call("Emulation.setDeviceMetricsOverride", height=height, **size)
        # No cursor in a field, no hint under the mouse, no notice on its way out.
        tab.mouse("mouseMoved", 0, 0)
        tab.run("() => document.activeElement?.blur()")
        tab.run(
            "() => document.querySelectorAll('.o_action_manager *')"
            ".forEach((part) => { part.scrollTop = 0; })"
        )
        tab.run(
            "() => document.querySelectorAll('.o_notification_manager')"
            ".forEach((notices) => notices.remove())"
        )
        tab.run("() => new Promise((done) => setTimeout(done, 1500))")
        tab.photograph(path)
        with Image.open(path) as image:
            few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
