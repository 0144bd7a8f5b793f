"""The time zones that Meta takes, and the nearest one to any other.

Source: Marketing API, "Time zone ids"; fixed offsets as Meta's own shop plug-ins send
them: Etc/GMT and whole hours, whose signs are those of POSIX (Etc/GMT-2 is ahead).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_PLACES = {
    "Africa": "Accra Cairo Casablanca Johannesburg Lagos Nairobi Tunis",
    "America": (
        "Anchorage Argentina/Buenos_Aires Argentina/Salta Argentina/San_Luis Asuncion "
        "Atikokan Belem Blanc-Sablon Bogota Campo_Grande Caracas Chicago Costa_Rica "
        "Dawson Dawson_Creek Denver Edmonton El_Salvador Guatemala Guayaquil Halifax "
        "Hermosillo Iqaluit Jamaica La_Paz Lima Los_Angeles Managua Mazatlan "
        "Mexico_City Montevideo Nassau New_York Noronha Panama Phoenix Port_of_Spain "
        "Puerto_Rico Rainy_River Regina Santiago Santo_Domingo Sao_Paulo St_Johns "
        "Tegucigalpa Tijuana Toronto Vancouver"
    ),
    "Asia": (
        "Amman Baghdad Bahrain Bangkok Beirut Colombo Dhaka Dubai Gaza Ho_Chi_Minh "
        "Hong_Kong Irkutsk Jakarta Jayapura Jerusalem Kamchatka Karachi Kolkata "
        "Krasnoyarsk Kuala_Lumpur Kuwait Magadan Makassar Manila Muscat Nicosia Omsk "
        "Qatar Riyadh Seoul Shanghai Singapore Taipei Tokyo Vladivostok Yakutsk "
        "Yekaterinburg"
    ),
    "Atlantic": "Canary Reykjavik",
    "Australia": "Broken_Hill Perth Sydney",
    "Europe": (
        "Amsterdam Athens Belgrade Berlin Bratislava Brussels Bucharest Budapest "
        "Copenhagen Dublin Helsinki Istanbul Kaliningrad Kiev Lisbon Ljubljana London "
        "Luxembourg Madrid Malta Moscow Oslo Paris Prague Riga Rome Samara Sarajevo "
        "Skopje Sofia Stockholm Tallinn Vienna Vilnius Warsaw Zagreb Zurich"
    ),
    "Indian": "Maldives Mauritius",
    "Pacific": "Auckland Easter Galapagos Honolulu",
}
_ACCEPTED = tuple(
    f"{area}/{place}" for area, places in _PLACES.items() for place in places.split()
)
_FIXED = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2}):?([0-9]{2})?")
_HOUR = timedelta(hours=1)
#: The hours that Etc/GMT has a name for, as they are ahead of UTC.
_EARLIEST, _LATEST = -12, 14


def accepted(name: object, year: int = 2026) -> str:
    """Return `name` where Meta takes it, else the nearest zone that Meta takes.

    Nearest is first one with the same time all through the year, of the same part of
    the world where there is one; then the whole hour, its minutes left out. What is no
    time zone at all is UTC. Fixed offsets may be written as +05:30 or UTC+5.

    :param year: whose winter and summer are compared
    """
    if name in _ACCEPTED:
        return str(name)
    zone = _zone(name)
    if zone is None:
        return "Etc/GMT+0"
    times = _times(zone, year)
    if isinstance(name, str) and "/" in name and not name.startswith("Etc/"):
        area = name.split("/", 1)[0]
        same = [other for other in _ACCEPTED if _times(ZoneInfo(other), year) == times]
        same.sort(key=lambda other: (not other.startswith(f"{area}/"), other))
        if same:
            return same[0]
    # The clock of the winter is the standard one; the summer is ahead of it.
    standard = min(times)
    hours = min(max(int(standard / _HOUR), _EARLIEST), _LATEST)
    return f"Etc/GMT{-hours:+d}"


def _zone(name: object) -> tzinfo | None:
    if not isinstance(name, str):
        return None
    fixed = _FIXED.fullmatch(name)
    if fixed:
        sign = -1 if fixed[1] == "-" else 1
        hours, minutes = int(fixed[2]), int(fixed[3] or 0)
        if hours > _LATEST or minutes > 59:
            return None
        return timezone(sign * timedelta(hours=hours, minutes=minutes))
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None


def _times(zone: tzinfo, year: int) -> tuple[timedelta | None, ...]:
    """The offsets from UTC in January and in July."""
    return tuple(datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))
