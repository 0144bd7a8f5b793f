"""The address of the page that explains every error and every reason, row by row."""

#: docs/errors.md as this Odoo serves it: of the version that runs, and offline.
PAGE = "/meta_crm_capi/static/docs/errors.html"


def url(anchor: str = "") -> str:
    """Where a row of that page can be read.

    :param anchor: of :mod:`.protocol.anchors`; empty for the page itself
    """
    return f"{PAGE}#{anchor}" if anchor else PAGE
