"""Odoo's web session: how the demo acts as a user would, with that user's rights."""

from __future__ import annotations

from typing import Any

import requests


class OdooRefused(Exception):
    """Odoo answered a call with an error; the text is its reason."""


class Session:
    """One user's session: ``session("crm.lead", "write", [ids], {...})``."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._call(
            "/web/session/authenticate", db=database, login=login, password=password
        )

    def __call__(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self._call(path, model=model, method=method, args=args, kwargs=kwargs)

    def _call(self, path: str, **params: Any) -> Any:
        answer = self._http.post(
            f"{self._url}{path}",
            json={"jsonrpc": "2.0", "id": 1, "method": "call", "params": params},
            timeout=120,
        ).json()
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise OdooRefused(data.get("message") or answer["error"]["message"])
        return answer.get("result")

    def get(self, path: str, query: dict[str, str] | None = None) -> str:
        """A page of Odoo's, as the user's browser gets it."""
        answer = self._http.get(f"{self._url}{path}", params=query, timeout=120)
        if answer.status_code != 200:
            raise OdooRefused(f"{path} answers {answer.status_code}")
        return answer.text

    def create(self, model: str, values: dict[str, Any]) -> int:
        """Create one record; returns its id."""
        return self(model, "create", [values])[0]

    def search_read(
        self, model: str, domain: list, fields: list[str], **kwargs: Any
    ) -> list[dict[str, Any]]:
        return self(model, "search_read", domain, fields, **kwargs)

    def ref(self, xml_id: str) -> int:
        """The id of a record by its XML id."""
        module, name = xml_id.split(".")
        found = self.search_read(
            "ir.model.data", [("module", "=", module), ("name", "=", name)], ["res_id"]
        )
        return found[0]["res_id"]
