"""The test's hand on the business extension: its commands, and their client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from . import extension, webhooks
from .extension_state import Business, Plan


class ExtensionCommands:
    """The commands of the extension, on the side of the stand-in."""

    _meta: Any

    def allow_extension(self, app_id: str, redirect_uris: list[str]) -> None:
        self._known("apps", app_id)
        self._meta.state.extension.allowed[app_id] = redirect_uris

    def add_business(
        self,
        business_id: str,
        name: str,
        page_ids: list[str],
        dataset_ids: list[str],
        ad_account_id: str | None = None,
    ) -> None:
        for page_id in page_ids:
            self._known("pages", page_id)
        for dataset_id in dataset_ids:
            self._known("datasets", dataset_id)
        self._meta.state.extension.businesses[self._new_id(business_id, "id")] = (
            Business(business_id, name, page_ids, dataset_ids, ad_account_id)
        )

    def plan_onboarding(self, app_id: str, **plan: Any) -> None:
        made = Plan(**plan)
        if made.business_id not in self._meta.state.extension.businesses:
            raise LookupError(f"no business {made.business_id}")
        self._meta.state.extension.plans[app_id] = made

    def _install(self, external_business_id: str) -> Any:
        found = self._meta.state.extension.installs.get(external_business_id)
        if found is None:
            raise LookupError(f"never installed: {external_business_id}")
        return found

    def uninstall(self, external_business_id: str, keeps_tokens: bool = False) -> None:
        install = self._install(external_business_id)
        extension.uninstall(self._meta.state, install)
        for text in install.tokens if keeps_tokens else ():
            self._meta.state.tokens[text].revoked = None

    def add_feature(
        self, external_business_id: str, kind: str, config: dict[str, Any]
    ) -> str:
        install = self._install(external_business_id)
        number = self._meta.state.new_id()
        install.features.append(
            {
                "feature_instance_id": number,
                "feature_name": kind,
                "feature_type": kind,
                "connected_assets": {"business_manager_id": install.business_id},
            }
        )
        install.config[number] = {"enabled": True, **config}
        return number

    def installs(self) -> dict[str, Any]:
        found = self._meta.state.extension.installs
        return {name: asdict(install) for name, install in found.items()}

    def install_webhook(self, external_business_id: str, kind: str) -> dict[str, Any]:
        if kind not in ("INSTALL", "UNINSTALL"):
            raise ValueError("kind must be INSTALL or UNINSTALL")
        install = self._install(external_business_id)
        return webhooks.install_body(install, int(self._meta.state.now()), kind)

    async def deliver_install(
        self,
        callback_url: str,
        external_business_id: str,
        kind: str = "INSTALL",
        signature: str = "valid",
    ) -> dict[str, Any]:
        if signature not in webhooks.SIGNATURES:
            raise ValueError(f"signature must be one of {webhooks.SIGNATURES}")
        webhooks.require_loopback(callback_url)
        body = self.install_webhook(external_business_id, kind)
        app = self._known("apps", self._install(external_business_id).app_id)
        raw, headers = webhooks.signed_post(body, app.secret, signature)
        return await self._meta.postman.post(
            callback_url, raw, headers, [external_business_id]
        )


class ExtensionControl:
    """The commands of the extension, on the side of the test."""

    def allow_extension(self, app_id: str, redirect_uris: Iterable[str]) -> None:
        """Put an app on Meta's list, with its valid redirect addresses."""
        self._call("allow_extension", app_id=app_id, redirect_uris=list(redirect_uris))

    def add_business(
        self,
        business_id: str,
        name: str,
        page_ids: Iterable[str] = (),
        dataset_ids: Iterable[str] = (),
        ad_account_id: str | None = None,
    ) -> None:
        """A business portfolio; the first one is what a person chooses."""
        self._call(
            "add_business",
            business_id=business_id,
            name=name,
            page_ids=list(page_ids),
            dataset_ids=list(dataset_ids),
            ad_account_id=ad_account_id,
        )

    def plan_onboarding(self, app_id: str, business_id: str, **plan: Any) -> None:
        """What the person does in the next dialogs of an app.

        ``page_ids``: gives only these; ``dataset_id``: this one; ``gives_dataset``:
        False = none; ``breaks_lock``: Meta lets another portfolio in all the same.
        """
        self._call("plan_onboarding", app_id=app_id, business_id=business_id, **plan)

    def uninstall(self, external_business_id: str, keeps_tokens: bool = False) -> None:
        """The business removes the app at Meta; its tokens die unless kept."""
        self._call(
            "uninstall",
            external_business_id=external_business_id,
            keeps_tokens=keeps_tokens,
        )

    def add_feature(self, external_business_id: str, kind: str, **config: Any) -> str:
        """The business installs one more feature in Meta's screen; its instance id."""
        return self._call(
            "add_feature",
            external_business_id=external_business_id,
            kind=kind,
            config=config,
        )

    def installs(self) -> dict[str, dict[str, Any]]:
        """All installs that were ever made, by their external business id."""
        return self._call("installs")

    def install_webhook(
        self, external_business_id: str, kind: str = "INSTALL"
    ) -> dict[str, Any]:
        """The body of an fbe_install webhook, to be spoilt and posted by a test."""
        return self._call(
            "install_webhook", external_business_id=external_business_id, kind=kind
        )

    def deliver_install(
        self,
        callback_url: str,
        external_business_id: str,
        kind: str = "INSTALL",
        signature: str = "valid",
    ) -> dict[str, Any]:
        """Post an fbe_install webhook (INSTALL or UNINSTALL), signed by the app."""
        return self._call(
            "deliver_install",
            callback_url=callback_url,
            external_business_id=external_business_id,
            kind=kind,
            signature=signature,
        )
