"""The calls of Meta Business Extension.

Sources: Facebook Login, "Manually build a login flow"; Business Extension, system-user
token, installs API and feature configuration API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from .address import checked_id
from .client import GraphClient, is_token
from .extension import SCOPES
from .installs import read
from .reply import Result
from .words import _lt

_Request = TypeVar("_Request")
_INSTALLS = "fbe_business/fbe_installs"
NO_TOKEN = _lt("Meta's answer holds no access token")
NO_LIST = _lt("Meta's answer is no list of what is installed")


class LoginClient(GraphClient):
    """The one call that is made without a token: the exchange of a code for one.

    :param app_secret: proves that we are the app; goes into the query, as Meta's
        documents have it, and never into a text of ours
    """

    def __init__(self, url: str, version: str, app_id: str, app_secret: str, **options):
        # In the place of a token, so that answers are cleared of it.
        super().__init__(url, version, app_secret, **options)
        self._app_id = checked_id(app_id)
        self._auth = _as_nobody

    def exchange(self, code: str, redirect_uri: str) -> Result:
        """The person's token (``data["access_token"]``) for a code of the dialog.

        :param redirect_uri: exactly that of the dialog
        """
        # Meta quotes a code that it does not take.
        self._secrets += (code,)
        return _with_token(
            self,
            self.get(
                "oauth/access_token",
                {
                    "client_id": self._app_id,
                    "redirect_uri": redirect_uri,
                    "client_secret": self._token,
                    "code": code,
                },
            ),
        )


def _as_nobody(request: _Request) -> _Request:
    """Adds no token; as an ``auth`` it keeps ``.netrc`` from being read."""
    return request


def system_user_token(
    graph: GraphClient, business_id: str, app_id: str, external_id: str
) -> Result:
    """The token of the app's system user, with that of the person who installed it."""
    params = {
        "app_id": checked_id(app_id),
        "scope": ",".join(SCOPES),
        "fbe_external_business_id": external_id,
    }
    path = f"{checked_id(business_id)}/access_token"
    return _with_token(graph, graph.post(path, params))


def installs(graph: GraphClient, external_id: str) -> Result:
    """What a business has installed, which :func:`.installs.read` can read."""
    result = graph.get(_INSTALLS, {"fbe_external_business_id": external_id})
    if result.data is not None:
        try:
            read(result.data)
        except ValueError:
            return graph.failed(NO_LIST)
    return result


def uninstall(graph: GraphClient, external_id: str) -> Result:
    """Take the app away from a business."""
    result = graph.delete(_INSTALLS, {"fbe_external_business_id": external_id})
    if result.data is not None and result.data.get("success") not in (True, "true"):
        return graph.failed(_lt("Meta did not confirm that the app is uninstalled"))
    return result


def configuration(graph: GraphClient, external_id: str) -> Result:
    """The settings of each installed feature."""
    return graph.get("fbe_business", {"fbe_external_business_id": external_id})


def configure(
    graph: GraphClient, external_id: str, config: Mapping[str, object]
) -> Result:
    """Change settings of features that allow it.

    :param config: ``business_config``: by type of feature
    """
    return graph.post(
        "fbe_business",
        {
            "fbe_external_business_id": external_id,
            "business_config": json.dumps(config, separators=(",", ":")),
        },
    )


def _with_token(graph: GraphClient, result: Result) -> Result:
    """A failure where Meta took the call and gave no token."""
    if result.data is not None and not is_token(result.data.get("access_token")):
        return graph.failed(NO_TOKEN)
    return result
