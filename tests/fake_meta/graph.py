"""The Graph side: which call is meant, and who answers it.

Meta: Graph API overview, versioning; reference of /me, /me/accounts, /debug_token.
"""

from __future__ import annotations

from typing import Any

from . import access, extension, lead_nodes, nodes, paging, quality, subscriptions
from .call import GraphCall
from .events import receive
from .fields import select
from .ledger import Ledger, ReceivedEvent
from .rules import Refusal
from .state import App, Dataset, Form, Lead, MetaState, Page, Token

_TOKEN_TYPES = {"page": "PAGE", "app": "APP", "user": "USER"}
_ACCOUNT_FIELDS = (
    "access_token",
    "category",
    "category_list",
    "name",
    "id",
    "tasks",
)


class Graph:
    """Answers calls; nothing here waits, but for a webhook handshake.

    ``create_test_lead`` makes the lead of POST /{form_id}/test_leads.
    """

    def __init__(
        self,
        state: MetaState,
        ledger: Ledger,
        handshake: subscriptions.Handshake,
        create_test_lead: lead_nodes.NewTestLead,
    ) -> None:
        self.state = state
        self.ledger = ledger
        self.handshake = handshake
        self.create_test_lead = create_test_lead

    async def answer(
        self, call: GraphCall, base_url: str
    ) -> tuple[Any, list[ReceivedEvent]]:
        """The body of the answer and the events it accepted. Raises Refusal."""
        if not call.path:
            raise Refusal("unknown_path", name="")
        dataset = self.state.datasets.get(call.path[0])
        if dataset is not None and call.asked_version is None:
            raise Refusal("marketing_version")
        is_quality = call.path == ("dataset_quality",)
        if is_quality and call.asked_version is None:
            raise Refusal("marketing_version")
        call.is_marketing = is_quality or (dataset is not None and len(call.path) == 1)
        for name in ("ids", "date_format"):
            if name in call.params and (name == "ids" or call.version >= 26):
                raise Refusal("removed_parameter", name=name)
        if call.path == ("oauth", "access_token"):
            return extension.exchange(self.state, call), []
        token = access.authenticate(self.state, call)
        if dataset is not None and (call.method, *call.path[1:]) == ("POST", "events"):
            access.require_dataset_write(token, dataset, call)
            taken = receive(self.state, self.ledger, dataset, call.params, call.body)
            return {"events_received": len(taken), "messages": []}, taken
        return await self._node(call, token, base_url), []

    async def _node(self, call: GraphCall, token: Token, base_url: str) -> Any:
        fixed = {
            ("me",): self._me,
            ("me", "accounts"): self._accounts,
            ("debug_token",): self._debug_token,
        }.get(call.path)
        if fixed and call.method == "GET":
            return fixed(call, token, base_url)
        first, state = call.path[0], self.state
        if call.path == ("fbe_business", "fbe_installs"):
            return extension.installs(state, call, token)
        if call.path == ("dataset_quality",) and call.method == "GET":
            return quality.quality(state, call, token)
        if call.path == ("fbe_business",):
            return extension.configuration(state, call, token)
        if not first.isascii() or not first.isdigit():
            raise Refusal("unknown_alias", id=first)
        if len(call.path) > 2:
            raise Refusal("unknown_path", name="/".join(call.path[2:]))
        edge = " ".join((call.method, *call.path[1:]))
        if first in state.extension.businesses and edge == "POST access_token":
            return extension.system_user_token(state, call, token, first)
        if first in state.leads:
            return self._lead(call, token, state.leads[first], edge)
        if first in state.forms:
            return self._form(call, token, state.forms[first], edge, base_url)
        if first in state.pages:
            return self._page(call, token, state.pages[first], edge, base_url)
        if first in state.apps:
            return await self._app(call, token, state.apps[first], edge)
        if first in state.datasets:
            return self._dataset(call, token, state.datasets[first], edge)
        raise access.no_access(call)

    def _lead(self, call: GraphCall, token: Token, lead: Lead, edge: str) -> Any:
        if edge in ("GET", "DELETE"):
            return lead_nodes.lead(self.state, call, token, lead)
        raise access.no_access(call)

    def _form(
        self, call: GraphCall, token: Token, form: Form, edge: str, base_url: str
    ) -> Any:
        state = self.state
        if edge == "GET":
            return nodes.form(state, call, token, form)
        if edge in ("GET leads", "GET test_leads"):
            only_test = edge == "GET test_leads"
            return lead_nodes.form_leads(state, call, token, form, base_url, only_test)
        if edge == "POST test_leads":
            return lead_nodes.create_test_lead(
                state, call, token, form, self.create_test_lead
            )
        raise access.no_access(call)

    def _page(
        self, call: GraphCall, token: Token, page: Page, edge: str, base_url: str
    ) -> Any:
        if edge == "GET":
            return nodes.page(self.state, call, token, page)
        if edge == "GET leadgen_forms":
            return nodes.page_forms(self.state, call, token, page, base_url)
        if edge.endswith(" subscribed_apps"):
            return subscriptions.page_apps(self.state, call, token, page)
        raise access.no_access(call)

    async def _app(self, call: GraphCall, token: Token, app: App, edge: str) -> Any:
        if edge == "GET":
            return {"id": app.id, "name": app.name}
        if edge.endswith(" subscriptions"):
            access.require_app(token, app.id, call)
            return await subscriptions.app_subscriptions(app, call, self.handshake)
        raise access.no_access(call)

    def _dataset(
        self, call: GraphCall, token: Token, dataset: Dataset, edge: str
    ) -> Any:
        if edge == "GET":
            return nodes.dataset(self.ledger, call, token, dataset)
        raise access.no_access(call)

    # -- who am I ---------------------------------------------------------------------

    def _me(self, call: GraphCall, token: Token, base_url: str) -> Any:
        if token.kind == "app":
            raise Refusal("no_token_for_me")
        node = {"id": token.user_id, "name": token.name}
        return select(
            "User", call.param("fields"), node, node, lambda field: node[field.name]
        )

    def _accounts(self, call: GraphCall, token: Token, base_url: str) -> Any:
        """The Pages of a person or system user; empty where a permission lacks."""
        if token.kind not in ("user", "system_user"):
            raise Refusal("no_token_for_me")
        needed = {"pages_show_list", "business_management"}
        pages = [
            page
            for page in self.state.pages.values()
            if page.id in token.page_ids and needed <= token.scopes
        ]
        return paging.page_of(
            call,
            base_url,
            pages,
            lambda page: page.id,
            lambda page: nodes.page_node(
                self.state, call, token, page, _ACCOUNT_FIELDS
            ),
            self.state.settings.max_page_size,
        )

    def _debug_token(self, call: GraphCall, token: Token, base_url: str) -> Any:
        state = self.state
        inspected = state.find_token(call.required("input_token"))
        if inspected is None:
            error = Refusal("bad_token").error()
            said = {"code": error["code"], "message": error["message"]}
            return {"data": {"error": said, "is_valid": False, "scopes": []}}
        if token.app_id != inspected.app_id:
            raise Refusal("foreign_app_token")
        app = state.apps.get(inspected.app_id or "")
        data: dict[str, Any] = {
            "app_id": inspected.app_id,
            "type": _TOKEN_TYPES.get(inspected.kind, "SYSTEM_USER"),
            "application": app.name if app else "Conversions API",
            "is_valid": True,
        }
        if inspected.kind != "app":
            data |= {
                "data_access_expires_at": inspected.data_access_expires_at,
                "expires_at": inspected.expires_at,
                "issued_at": inspected.issued_at,
                "scopes": sorted(inspected.scopes),
                "granular_scopes": [
                    {"scope": scope, "target_ids": inspected.granular[scope]}
                    if scope in inspected.granular
                    else {"scope": scope}
                    for scope in sorted(inspected.scopes)
                ],
                "user_id": inspected.user_id,
            }
        try:
            access.check_alive(state, inspected)
        except Refusal as refusal:
            error = refusal.error()
            data["is_valid"] = False
            data["error"] = {
                "code": error["code"],
                "message": error["message"],
                "subcode": error["error_subcode"],
            }
        return {"data": data}
