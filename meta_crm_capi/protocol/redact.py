"""Takes secrets and personal data out of a text before it is shown or kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MAX_LENGTH = 2000
# Longer texts are cut before they are searched, so that a page of HTML costs no time.
_MAX_SEARCHED = 16_000
# Dropped before that cut, because half an address no longer looks like one.
_CUT_MARGIN = 500
_MAX_PASSES = 5
#: How much of what stands before a number can tell what it is.
_SEEN_BEFORE = 40
_HIDDEN = "***"

_HIDDEN_NAMES = (
    r"(?:page_|user_|hub[._])?(?:access|verify)_?token|(?:input|fb_exchange)_token"
    r"|token(?=[\"'=%])|(?:app|client)_?secret|appsecret_proof|api_?key|password"
    r"|x-hub-signature(?:-256)?|signed_request"
)
_PERSONAL_NAMES = (
    r"em|ph|fn|ln|db|ge|ct|st|zp|country|external_id|client_ip_address"
    r"|client_user_agent|fbc|fbp|f5first|f5last|fi|dobd|dobm|doby|values"
    r"|full_name|first_name|last_name|email|work_email|phone|phone_number"
)
_SEPARATOR = r"\s*(?:[:=]|%3D|%3A)\s*"
_QUOTED = r"\\*\"(?:[^\"\\]|\\[^\"])*\\*(?:\"|$)|'(?:[^'\\]|\\.)*(?:'|$)"
_SECRET_PARAMETER = re.compile(
    rf"(?<![A-Za-z0-9])((?:{_HIDDEN_NAMES})(?:\\*[\"'])?{_SEPARATOR})"
    rf"(?:{_QUOTED}|[^\s&\"'<>,;}})\]\\]+)",
    re.IGNORECASE,
)
_PERSONAL_MEMBER = re.compile(
    rf"(\\*[\"'](?:{_PERSONAL_NAMES})\\*[\"']\s*:\s*)"
    rf"(?:{_QUOTED}|[^\s,}}\]\"'\\]+)",
)
#: The same names where Meta's words quote a value: ``$['data'][0]['user_data']['fn']``
#: or ``user_data.fn``, some words, and the value in quotation marks.
_PERSONAL_QUOTE = re.compile(
    rf"(user_data['\"]?(?:\.|\]?\[)['\"]?(?:{_PERSONAL_NAMES})(?![A-Za-z0-9_])"
    r"(?:['\"]?\])?(?!['\"]\])(?:\[\d{1,3}\])?[^\"'\[\]]{0,80})"
    r"(?:\"[^\"]*(?:\"|$)|'[^']*(?:'|$))"
)
#: An address or a browser is a person's only after the name of its key.
_PERSONAL_PARAMETER = re.compile(
    r"(client_(?:ip_address|user_agent)(?:=|%3D))[^\s&]+", re.IGNORECASE
)
_PERSONAL_ADDRESS = re.compile(
    r"(client_ip_address[^0-9A-Fa-f\n]{1,4}(?:(?:value|is|got|of)[^0-9A-Fa-f\n]{1,3})?)"
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{2,45})",
    re.IGNORECASE,
)
_FIELD_DATA = re.compile(r"(?:\\*[\"'])?field_data(?:\\*[\"'])?\s*(?:[:=]|%3D)\s*")
_PERSONAL_LIST = re.compile(rf"\\*[\"'](?:{_PERSONAL_NAMES})\\*[\"']\s*:\s*(?=\[)")
_SIMPLE_VALUE = re.compile(rf"{_QUOTED}|[^\s&,}}\]]+")
_BRACKET_OR_STRING = re.compile(
    r"[\[\]{}]|\"(?:[^\"\\]|\\.)*(?:\"|\\?$)|'(?:[^'\\]|\\.)*(?:'|\\?$)", re.DOTALL
)
_BEARER = re.compile(
    # "Invalid OAuth access token" is what Meta says most often, and holds none.
    r"\b((?:Bearer|OAuth)\s+)(?!access\b)[A-Za-z0-9._|%~+/=-]{6,}",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<![A-Za-z0-9])EAA[A-Za-z0-9_-]{6,}|EAA[A-Za-z0-9]{30,}")
#: A token of another kind, where the words before it say that it is one. Real ones
#: have a digit and are longer than any word.
_NAMED_TOKEN = re.compile(
    r"(\btoken(?:\s+(?:is|was|of))?[\s\"':=(]{1,4})"
    r"(?=[A-Za-z_|.%~+/-]{0,200}\d)[A-Za-z0-9_|.%~+/-]{16,}",
    re.IGNORECASE,
)
#: What Meta's cookies and links carry of a person.
_CLICK_ID = re.compile(r"(?<![A-Za-z0-9])fb\.\d\.\d{10,13}\.[A-Za-z0-9_.-]+")
_NAMED_CLICK_ID = re.compile(
    r"((?:fbclid|ctwa_clid)[^A-Za-z0-9]{1,4}(?:(?:is|value|of)[^A-Za-z0-9]{1,3})?)"
    r"[A-Za-z0-9_-]{16,}",
    re.IGNORECASE,
)
_APP_TOKEN = re.compile(r"(?<!\d)(\d{6,20}(?:\||%7C))[A-Za-z0-9_-]{6,}", re.IGNORECASE)
_DIGEST = re.compile(
    r"(?<![A-Za-z0-9])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})"
    r"(?:\.[A-Za-z0-9_-]{8}(?![A-Za-z0-9]))?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"[^\s@\"'<>()\[\]{},:;=&?/\\|]{1,64}(?:@|%40|\\u0040)"
    r"(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"""
    (?P<keep>
        (?:19|20)\d\d-\d\d-\d\d(?!\d)(?:[T\ ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)?
            (?:Z|[+-]\d\d:?\d\d)?
        |[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}  # an event id
        |(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])(?::\d{1,5})?  # an address
    )
    |(?<![A-Za-z0-9_])(?P<phone>
        (?:\+|%2B)?[(]?\d+(?:[ \u00a0().\-/\u2010-\u2015]{1,3}\d+)*
    )(?![A-Za-z0-9_])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CODE_BEFORE = re.compile(r"(?:code|error|\(#|#)\W{0,3}$", re.IGNORECASE)
#: Meta's older ids are no longer than a phone number: what stands before them tells.
_ID_BEFORE = re.compile(
    r"(?<![A-Za-z])(?:(?:object|page|app|application|form|dataset|pixel|lead|leadgen|ad"
    r"|adset|ad[ _]account|campaign|business|user)s?(?:[ _]with)?[ _]id"
    r"|page|app|application|form|dataset|pixel)[^A-Za-z0-9+]{1,4}$",
    re.IGNORECASE,
)
_ERROR_CODES = re.compile(r"(?:\d{1,2}|1\d\d|200|278)[ ().\-/]{1,3}[1-3]\d{6}")


def redact(text: Any, secrets: Iterable[str] = ()) -> str:
    """Return `text` without secrets and personal data, at most MAX_LENGTH characters.

    Out go the given secrets, access tokens, app secrets, proofs and verify tokens (in
    URLs, headers, JSON and Meta's words), e-mail addresses, phone numbers, click ids,
    the answers of a lead, the keys of user_data and SHA-256 digests. Meta's ids, error
    codes, trace ids and times stay: they are what a log is read for. A name in running
    text cannot be recognised.
    Never raises; bytes are read as UTF-8, None is an empty text.
    """
    text = _as_text(text)
    for secret in sorted(_forms(secrets), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    cut = len(text) > _MAX_SEARCHED
    text = text[:_MAX_SEARCHED]
    text = _SECRET_PARAMETER.sub(rf"\g<1>{_HIDDEN}", text)
    text = _BEARER.sub(rf"\g<1>{_HIDDEN}", text)
    text = _NAMED_TOKEN.sub(rf"\g<1>{_HIDDEN}", text)
    text = _APP_TOKEN.sub(rf"\g<1>{_HIDDEN}", text)
    text = _TOKEN.sub(_HIDDEN, text)
    text = _without_values(text, _FIELD_DATA)
    text = _without_values(text, _PERSONAL_LIST)
    text = _PERSONAL_MEMBER.sub(rf'\g<1>"{_HIDDEN}"', text)
    text = _PERSONAL_QUOTE.sub(rf'\g<1>"{_HIDDEN}"', text)
    text = _PERSONAL_PARAMETER.sub(rf"\g<1>{_HIDDEN}", text)
    text = _PERSONAL_ADDRESS.sub(rf"\g<1>{_HIDDEN}", text)
    text = _CLICK_ID.sub("[click id]", text)
    text = _NAMED_CLICK_ID.sub(r"\g<1>[click id]", text)
    text = _DIGEST.sub("[hash]", text)
    text = _EMAIL.sub("[e-mail]", text)
    text = _without_numbers(text)
    if cut:
        text = text[:-_CUT_MARGIN] + "…"
    if len(text) > MAX_LENGTH:
        text = text[: MAX_LENGTH - 1] + "…"
    return text


def _as_text(text: Any) -> str:
    if text is None:
        return ""
    if isinstance(text, (bytes, bytearray)):
        return bytes(text).decode("utf-8", "replace")
    try:
        return str(text)
    except Exception:
        # An exception whose own text fails must not replace the one being reported.
        return f"({type(text).__name__} without text)"


def _forms(secrets: Iterable[str]) -> set[str]:
    """The given secrets as they are, in a URL and inside JSON."""
    forms = set()
    for secret in (secrets,) if isinstance(secrets, str) else secrets or ():
        if isinstance(secret, str) and secret.strip():
            for form in (secret, json.dumps(secret)[1:-1]):
                forms.add(form)
            plain = secret.encode("utf-8", "replace")
            forms |= {quote(plain), quote(plain, safe=""), quote_plus(plain)}
    return forms


def _without_values(text: str, key: re.Pattern[str]) -> str:
    """Take out the whole value, brackets and all, after each match of `key`."""
    pieces = []
    position = 0
    for match in key.finditer(text):
        if match.start() < position:
            continue
        pieces += [text[position : match.end()], f'"{_HIDDEN}"']
        position = _end_of_value(text, match.end())
    return "".join(pieces) + text[position:]


def _end_of_value(text: str, start: int) -> int:
    """Where the value at `start` ends; a list that was cut off goes to the end.

    Brackets inside strings do not count. In a text that is itself quoted inside JSON
    no string seems to end, so that all of the rest goes: rather too much than a name.
    """
    if text[start : start + 1] not in ("[", "{"):
        simple = _SIMPLE_VALUE.match(text, start)
        return simple.end() if simple else start
    depth = 0
    for token in _BRACKET_OR_STRING.finditer(text, start):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)


def _without_numbers(text: str) -> str:
    """Take phone numbers out, also those that only show when another is gone."""
    for _ in range(_MAX_PASSES):
        before, text = text, _NUMBERS.sub(_number, text)
        if text == before:
            break
    return text


def _number(match: re.Match[str]) -> str:
    found = match["phone"]
    if found is None:
        return match[0]
    if _is_named_id(match, found):
        return found
    groups = re.findall(r"\d+", found)
    marked = found.startswith(("+", "%2B", "%2b"))
    if not marked and any(len(group) > 8 for group in groups):
        # Numbers side by side, not the groups of one: each is judged alone.
        return re.sub(r"\d+", lambda run: _run(run[0]), found)
    if marked or len(groups) > 1:
        return _grouped(match, found, groups, marked)
    return _run(found)


def _is_named_id(match: re.Match[str], found: str) -> bool:
    """Whether the words before a number call it an id of Meta's; none begins with 0."""
    before = match.string[max(match.start() - _SEEN_BEFORE, 0) : match.start()]
    return found.isdigit() and found[0] != "0" and _ID_BEFORE.search(before) is not None


def _grouped(match: re.Match[str], found: str, groups: list[str], marked: bool) -> str:
    length = sum(map(len, groups))
    if length < (7 if marked else 8):
        return found
    if not marked and (
        _ERROR_CODES.fullmatch(found)
        or _CODE_BEFORE.search(match.string[: match.start()])
    ):
        return found
    return "[phone]"


def _run(digits: str) -> str:
    """A number without separators: a phone, or one of Meta's ids, codes and times."""
    length = len(digits)
    seconds = length == 10 and digits[0] == "1"
    milliseconds = length == 13 and digits[0] == "1"
    constant = len(set(digits)) == 1
    if length < 8 or length > 14 or seconds or milliseconds or constant:
        return digits
    return "[phone]"
