"""The time zones that Meta takes (Marketing API: time zone ids), and whole hours."""

from __future__ import annotations

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

TIME_ZONES = frozenset(
    f"{area}/{place}" for area, places in _PLACES.items() for place in places.split()
) | {f"Etc/GMT{hours:+d}" for hours in range(-14, 13)}
