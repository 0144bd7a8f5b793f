"""What may stand in an address of the Graph API: checked before anything is sent."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_VERSION = re.compile(r"v[0-9]{2}\.0")
_PATH = re.compile(r"[A-Za-z0-9_]{1,64}(?:/[a-z_]{1,64})?")
_ID = re.compile(r"[0-9]{1,32}")
#: Printable ASCII without the backslash, which some readers take for a slash.
_URL = re.compile(r"[!-\[\]-~]+")
_URL_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")


def checked_url(url: str) -> str:
    """The address of the Graph API without a closing slash.

    :raises ValueError: in words, when it is neither https nor http to this machine,
        or has a user name, a query or anything else that does not belong there
    """
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise ValueError("The API address is empty or holds characters it cannot have.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("The API address cannot be read.") from error
    if not host or port == 0:
        raise ValueError("The API address has no host, or a port that cannot be.")
    if "@" in parts.netloc:
        raise ValueError("The API address must not hold a user name or password.")
    if "?" in url or "#" in url or not _URL_PATH.fullmatch(parts.path):
        raise ValueError("The API address must end after the host and a plain path.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError("The API address must be https, or http to this machine only.")
    return url.rstrip("/")


def checked_version(version: str) -> str:
    """The API version, such as ``v26.0``.

    :raises ValueError: for anything else
    """
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("The API version must look like v26.0.")
    return version


def checked_id(value: str) -> str:
    """A Meta id, digits as text, so that nothing typed can change a path.

    :raises ValueError: for anything else
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("Meta's ids are digits only, given as text.")
    return value


def checked_path(path: str) -> str:
    """A node, or a node and one of its edges, as in ``1234567890/events``.

    :raises ValueError: for anything else
    """
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ValueError("This is not a path of the Graph API.")
    return path


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
