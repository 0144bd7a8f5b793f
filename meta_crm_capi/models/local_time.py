"""Moments in stored words, shown in the reader's own time zone."""

import re
from datetime import datetime

from odoo.tools import format_datetime

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?::\d\d)?(?:\.\d+)? UTC")


def show_times(env, words):
    """Words with each moment in the time zone and language of the one who reads.

    Stored words have one form for all readers: ``2026-01-31 13:05:00 UTC``.

    :param env: its ``tz`` and ``lang`` are the reader's
    :param words: text, or False
    """
    if not words:
        return False
    zone = str(env.tz)

    def show(match):
        try:
            moment = datetime.fromisoformat(match[1])
        except ValueError:
            return match[0]
        shown = format_datetime(env, moment, tz=zone, dt_format="short")
        return f"{shown} ({zone})"

    return _MOMENT.sub(show, words)
