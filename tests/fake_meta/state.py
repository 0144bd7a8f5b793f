"""Everything the stand-in remembers: apps, tokens, pages, forms, leads, datasets.

All of it lives in memory. ``reset`` forgets it; only the counter of invented ids goes
on, so that a lead of an earlier test can never be taken for one of the next.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from .extension_state import ExtensionState
from .vocabulary import LEAD_RETENTION, SCOPES


@dataclass
class AppSubscription:
    """The app-level half of a webhook subscription (object, fields, callback)."""

    object: str
    callback_url: str
    fields: list[str]
    include_values: bool
    active: bool = True


@dataclass
class App:
    id: str
    secret: str
    name: str
    require_proof: bool = False
    subscriptions: dict[str, AppSubscription] = field(default_factory=dict)


@dataclass
class Token:
    """An access token; ``parent`` is the token a Page token was derived from."""

    text: str
    kind: str
    app_id: str | None
    user_id: str
    name: str
    page_ids: frozenset[str] = frozenset()
    dataset_ids: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset(SCOPES)
    issued_at: int = 0
    expires_at: int = 0  # 0 = never, as Meta says it
    data_access_expires_at: int = 0
    # Permissions that were given for some pages only: {scope: page ids}.
    granular: dict[str, list[str]] = field(default_factory=dict)
    revoked: int | None = None  # the error subcode that a revoked token answers
    parent: Token | None = None


@dataclass
class Page:
    id: str
    name: str
    access_token: str
    leadgen_tos_accepted: bool = True
    lead_access_revoked: bool = False
    subscribed_apps: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Form:
    id: str
    page_id: str
    name: str
    questions: list[dict]
    locale: str = "en_US"
    status: str = "ACTIVE"
    custom_disclaimer: dict | None = None
    tracking_parameters: dict[str, str] = field(default_factory=dict)
    created_time: int = 0


@dataclass
class Lead:
    id: str
    form_id: str
    page_id: str
    created_time: int
    field_data: list[dict]
    ad: dict[str, str] = field(default_factory=dict)
    is_organic: bool = False
    platform: str = "fb"
    consents: list[dict] = field(default_factory=list)
    is_test: bool = False
    deleted: bool = False


@dataclass
class Dataset:
    id: str
    name: str
    is_crm: bool = True
    is_unavailable: bool = False
    # The Page, WhatsApp business account or Instagram account that it belongs to: then
    # it counts events of chats, and no others.
    account_id: str | None = None
    # What Meta measured of its web events, by the agent that sent them; "" is of all.
    quality: dict[str, list[dict]] = field(default_factory=dict)


@dataclass
class Chat:
    """A chat; ``person_id`` is the click (WhatsApp) or the person's scoped id."""

    id: str
    channel: str
    account_id: str
    ad_id: str | None
    number_id: str | None
    phone: str | None
    person_id: str | None
    created_time: int


@dataclass
class Settings:
    """What a test may turn; the defaults are Meta at its strictest."""

    latency_ms: int = 0
    clock_offset: float = 0.0
    unknown_leads_count: bool = False
    max_page_size: int = 500
    paging_faults: frozenset[str] = frozenset()
    auto_delivery: bool = False
    retry_after: tuple[float, ...] = ()


class MetaState:
    """The whole memory of one stand-in process."""

    def __init__(self) -> None:
        # 16 digits and beyond 2**53, so that a float or an int4 anywhere shows.
        self._next_id = 9_100_000_000_000_001 + secrets.randbelow(800_000) * 10**9
        self.reset()

    def reset(self) -> None:
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}
        self.pages: dict[str, Page] = {}
        self.forms: dict[str, Form] = {}
        self.leads: dict[str, Lead] = {}
        self.datasets: dict[str, Dataset] = {}
        self.extension = ExtensionState()
        self.chats: dict[str, Chat] = {}
        self.settings = Settings()

    def now(self) -> float:
        """Meta's clock, unix seconds."""
        return time.time() + self.settings.clock_offset

    def new_id(self) -> str:
        """A numeric id of 16 digits that this process has not used yet."""
        self._next_id += 1
        return str(self._next_id)

    def find_token(self, text: str) -> Token | None:
        """The token with this text; ``<app id>|<app secret>`` is the app's own."""
        if text in self.tokens:
            return self.tokens[text]
        app_id, separator, secret = text.partition("|")
        app = self.apps.get(app_id)
        if (
            separator
            and app
            and secrets.compare_digest(secret.encode(), app.secret.encode())
        ):
            return Token(text, "app", app.id, app.id, app.name)
        return None

    def page_token(self, page: Page, parent: Token) -> Token:
        """The Page token that belongs to a system-user or user token.

        Meta: it carries the scopes of its parent and dies with it.
        """
        for token in self.tokens.values():
            if token.parent is parent and token.page_ids == {page.id}:
                return token
        token = Token(
            text="EAAPage" + secrets.token_hex(20),
            kind="page",
            app_id=parent.app_id,
            user_id=page.id,
            name=page.name,
            page_ids=frozenset((page.id,)),
            scopes=parent.scopes,
            issued_at=int(self.now()),
            parent=parent,
        )
        self.tokens[token.text] = token
        return token

    def readable(self, lead: Lead) -> bool:
        """Lead data is gone when deleted and 90 days after the submission."""
        age = self.now() - lead.created_time
        return not lead.deleted and age <= LEAD_RETENTION

    def leads_of(self, form_id: str) -> Iterable[Lead]:
        return (lead for lead in self.leads.values() if lead.form_id == form_id)
