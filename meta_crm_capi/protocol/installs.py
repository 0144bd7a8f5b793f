"""What a business has installed: Meta's list of installs, and the webhook about it.

The list is the truth; the webhook only says that it changed. Nothing that a business
could give is taken for given: it may come without a Page, or without a dataset.

Source: Meta Business Extension v3, installs API and webhook.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .address import checked_id
from .extension import LEAD_ADS, MEASUREMENT
from .text import integer, meta_id, scalar_text, storable

#: The feature of pixels, which the Conversions API belongs to.
PIXEL = "pixel"
_ASSETS = (
    "business_manager_id",
    "ad_account_id",
    "page_id",
    "ig_profile_id",
    "pixel_id",
    "catalog_id",
    "commerce_merchant_settings_id",
)
_MAX_TEXT = 200
_MAX_ITEMS = 500


@dataclass(frozen=True)
class Feature:
    """One installed feature; ``assets`` maps Meta's names to ids."""

    instance_id: str
    kind: str
    name: str
    assets: dict[str, str]


@dataclass(frozen=True)
class Install:
    """What one business gave; ids as text, None or empty for what it did not."""

    business_id: str | None
    dataset_id: str | None
    page_ids: tuple[str, ...]
    ad_account_id: str | None
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class Notice:
    """One webhook: whose installs changed, and whether by taking away."""

    external_id: str
    is_uninstall: bool


def read(data: Any) -> Install | None:
    """The install in an answer of ``fbe_installs``; None where nothing is installed.

    :raises ValueError: when the answer is no list of installs
    """
    rows = data.get("data") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ValueError("the answer has no list of installs")
    if not rows:
        return None
    row = rows[0]
    if not isinstance(row, dict):
        raise ValueError("the install in the answer is not an object")
    features = tuple(_features(row.get("installed_features")))
    pixels = [each.assets.get("pixel_id") for each in features if each.kind == PIXEL]
    pages = [
        *_ids(row.get("pages")),
        *(each.assets.get("page_id") for each in features if each.kind == LEAD_ADS),
    ]
    return Install(
        business_id=_id(row.get("business_manager_id")) or _business(features),
        # The pixel of the feature is the one that was chosen for it.
        dataset_id=next(filter(None, pixels), None) or _id(row.get("pixel_id")),
        page_ids=tuple(dict.fromkeys(filter(None, pages))),
        ad_account_id=_id(row.get("ad_account_id")),
        features=features,
    )


def missing(install: Install, entries: Iterable[str]) -> list[str]:
    """What the entry points that were used need and the business did not give.

    :param entries: keys of :data:`.extension.ENTRIES`
    :return: of ``page`` and ``dataset``
    """
    used = set(entries)
    lacks = []
    if LEAD_ADS in used and not install.page_ids:
        lacks.append("page")
    if MEASUREMENT in used and not install.dataset_id:
        lacks.append("dataset")
    return lacks


def notices(raw: bytes) -> list[Notice]:
    """The changes of installs in the body of a webhook; empty for any other body.

    A body that is none of installs is for somebody else to judge, so nothing raises.
    """
    try:
        body = json.loads(raw.decode("utf-8-sig"), parse_int=integer)
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
        return []
    found: dict[str, Notice] = {}
    for entry in body["entry"]:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else ():
            notice = _notice(change)
            if notice:
                found[notice.external_id] = notice
    return list(found.values())


def _notice(change: Any) -> Notice | None:
    if not isinstance(change, dict) or change.get("field") != "fbe_install":
        return None
    value = change.get("value")
    if not isinstance(value, dict):
        return None
    # Meta's name for it here is "business_id", although it is the partner's own.
    name = scalar_text(value.get("business_id"))
    if not name or len(name) > _MAX_TEXT:
        return None
    event = str(value.get("fbe_event") or "").upper()
    return Notice(name, event == "UNINSTALL" or not value.get("access_token"))


def _features(value: Any) -> Iterator[Feature]:
    seen = set()
    for item in (value if isinstance(value, list) else ())[:_MAX_ITEMS]:
        if not isinstance(item, dict):
            continue
        number = scalar_text(item.get("feature_instance_id"))
        kind = scalar_text(item.get("feature_type"))
        if not number or not kind or max(len(number), len(kind)) > _MAX_TEXT:
            continue
        # An instance is one row of ours: the first word on it counts.
        if number in seen:
            continue
        seen.add(number)
        given = item.get("connected_assets")
        given = given if isinstance(given, dict) else {}
        assets = {name: _id(given.get(name)) for name in _ASSETS}
        name = storable(scalar_text(item.get("feature_name")) or kind)
        kept = {name: value for name, value in assets.items() if value}
        yield Feature(number, kind.lower(), name[:_MAX_TEXT], kept)


def _business(features: Iterable[Feature]) -> str | None:
    """The business portfolio that all features name, where the install names none."""
    name = "business_manager_id"
    found = {each.assets[name] for each in features if name in each.assets}
    return found.pop() if len(found) == 1 else None


def _id(value: Any) -> str | None:
    """An id that Meta can be asked with."""
    try:
        return checked_id(meta_id(value))
    except ValueError:
        return None


def _ids(value: Any) -> list[str | None]:
    """Ids in a list of ids, or of objects with one; also where Graph pages a list."""
    items = value.get("data") if isinstance(value, dict) else value
    items = items if isinstance(items, list) else []
    return [
        _id(item.get("id") if isinstance(item, dict) else item)
        for item in items[:_MAX_ITEMS]
    ]
