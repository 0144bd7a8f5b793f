"""The states of the USA and the provinces of Canada, by the names people write."""

from __future__ import annotations

import re
from functools import cache

from .text import folded

# The two-letter ANSI or ISO 3166-2 code, then names.
_STATES = {
    "us": """
AL Alabama
AK Alaska
AZ Arizona
AR Arkansas
CA California
CO Colorado
CT Connecticut
DE Delaware
DC District of Columbia; Washington DC; Washington District of Columbia
FL Florida
GA Georgia
HI Hawaii
ID Idaho
IL Illinois
IN Indiana
IA Iowa
KS Kansas
KY Kentucky
LA Louisiana
ME Maine
MD Maryland
MA Massachusetts
MI Michigan
MN Minnesota
MS Mississippi
MO Missouri
MT Montana
NE Nebraska
NV Nevada
NH New Hampshire
NJ New Jersey
NM New Mexico
NY New York; New York State
NC North Carolina
ND North Dakota
OH Ohio
OK Oklahoma
OR Oregon
PA Pennsylvania
RI Rhode Island
SC South Carolina
SD South Dakota
TN Tennessee
TX Texas
UT Utah
VT Vermont
VA Virginia
WA Washington; Washington State
WV West Virginia
WI Wisconsin
WY Wyoming
AS American Samoa
GU Guam
MP Northern Mariana Islands
PR Puerto Rico
UM United States Minor Outlying Islands
VI Virgin Islands; US Virgin Islands; United States Virgin Islands
FM Federated States of Micronesia; Micronesia
MH Marshall Islands
PW Palau
AA Armed Forces Americas
AE Armed Forces Europe
AP Armed Forces Pacific
""",
    "ca": """
AB Alberta
BC British Columbia; Colombie-Britannique
MB Manitoba
NB New Brunswick; Nouveau-Brunswick
NL Newfoundland and Labrador; Newfoundland & Labrador; Newfoundland; Labrador;
 Terre-Neuve-et-Labrador; Terre-Neuve
NT Northwest Territories; Territoires du Nord-Ouest
NS Nova Scotia; Nouvelle-Écosse
NU Nunavut
ON Ontario
PE Prince Edward Island; Île-du-Prince-Édouard
QC Quebec; Québec; Province of Quebec
SK Saskatchewan
YT Yukon; Yukon Territory; Territoire du Yukon
""",
}
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_ISO = re.compile(r"(us|ca)[-\s]([a-z]{2})", re.IGNORECASE)


def state_code(text: str, country: str | None) -> str | None:
    """Return the two-letter code, lower-case, of a state or province; None if unknown.

    `country` is "us", "ca" or None; None looks in both, which share no name and no
    code. "US-CA" and "California (US)" are understood too.
    """
    iso = _ISO.fullmatch(text)
    if iso and country in (None, iso[1].lower()):
        country, text = iso[1].lower(), iso[2]
    name = folded(_BRACKETS.sub("", text))
    for known in (country,) if country else _STATES:
        if name in _codes(known):
            return _codes(known)[name]
    return None


@cache
def _codes(country: str) -> dict[str, str]:
    codes = {}
    for line in _STATES[country].strip().replace("\n ", " ").splitlines():
        code, names = line.split(None, 1)
        for name in (code, *names.split(";")):
            codes[folded(name)] = code.lower()
    return codes
