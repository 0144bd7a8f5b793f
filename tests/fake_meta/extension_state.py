"""What the stand-in remembers of Meta Business Extension."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Business:
    """A business portfolio and what is in it; ``ad_account_id`` may be missing."""

    id: str
    name: str
    page_ids: list[str]
    dataset_ids: list[str]
    ad_account_id: str | None = None


@dataclass
class Plan:
    """What the person does in the dialog; None = gives all that is asked for."""

    business_id: str
    page_ids: list[str] | None = None
    dataset_id: str | None = None
    gives_dataset: bool = True
    breaks_lock: bool = False


@dataclass
class Install:
    """One company of a partner's that has the app installed, or had it."""

    external_business_id: str
    app_id: str
    business_id: str
    user_id: str
    installed_at: int
    page_ids: list[str] = field(default_factory=list)
    dataset_id: str | None = None
    features: list[dict] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    config: dict[str, dict] = field(default_factory=dict)
    installed: bool = True


@dataclass
class Code:
    """What a finished dialog gave; good once and for ten minutes."""

    app_id: str
    redirect_uri: str
    token: str
    made_at: float
    used: bool = False


@dataclass
class ExtensionState:
    """``allowed``: the apps on Meta's list, each with its valid redirect addresses."""

    allowed: dict[str, list[str]] = field(default_factory=dict)
    businesses: dict[str, Business] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    installs: dict[str, Install] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    #: What each open dialog asks for, by its number.
    dialogs: dict[str, dict] = field(default_factory=dict)
