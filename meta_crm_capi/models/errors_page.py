"""The address of the page that explains every error and every reason, row by row."""

from functools import cache

from odoo.modules.module import Manifest

ADDON = "meta_crm_capi"


@cache
def _page() -> str:
    return f"{Manifest.for_addon(ADDON)['website']}/blob/main/docs/errors.md"


def url(anchor: str = "") -> str:
    """Where a row of docs/errors.md can be read.

    :param anchor: of :mod:`.protocol.anchors`; empty for the page itself
    """
    return f"{_page()}#{anchor}" if anchor else _page()
