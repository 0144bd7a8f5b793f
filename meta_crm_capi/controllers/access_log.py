"""What a log keeps of an address: not the code, state or token in its query.

Meta sends its code and our state, and the verify token of a webhook, in the query of
an address; Odoo's access log writes addresses down. The two calls that Meta wants with
a secret in their query are ours; urllib3 writes them down when somebody debugs.
"""

import logging
import re

_HIDDEN = "…"
_NAMES = (
    *("access_token", "input_token", "client_secret", "appsecret_proof"),
    *("code", "state", r"hub\.verify_token"),
)
_PARAMETER = re.compile(rf"([?&](?:{'|'.join(_NAMES)})=)[^&\s\"#]+")
# Who has to log in first gets there by an address with the callback in its query.
_LOGIN = re.compile(
    r"(redirect=[^&\s\"#]*?extension(?:/|%2F)callback)[^&\s\"#]+", re.IGNORECASE
)
_OURS = ("/meta_crm_capi/", "/meta/webhook/", "extension%2Fcallback")


class AddressFilter(logging.Filter):
    """Takes secrets out of the addresses in a line; never keeps a line back."""

    def __init__(self, parts):
        """:param parts: only lines with one of these are looked at"""
        super().__init__()
        self._parts = parts

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._clean, record.args))
        record.msg = self._clean(record.msg)
        return True

    def _clean(self, value):
        if not isinstance(value, str) or not any(part in value for part in self._parts):
            return value
        return _LOGIN.sub(rf"\1{_HIDDEN}", _PARAMETER.sub(rf"\1{_HIDDEN}", value))


logging.getLogger("werkzeug").addFilter(AddressFilter(_OURS))
logging.getLogger("urllib3.connectionpool").addFilter(
    AddressFilter(("/oauth/access_token", "/debug_token"))
)
