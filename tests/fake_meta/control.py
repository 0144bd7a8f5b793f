"""The test's hand on the stand-in: a small typed client of its control endpoint.

Ids are digits as text everywhere. A command that makes no sense raises
:class:`ControlError` with the reason in words.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import requests

from .extension_control import ExtensionControl


class ControlError(ValueError):
    """The stand-in refused a command; the text says why."""


class FakeMetaControl(ExtensionControl):
    """Control of the stand-in at ``url``, for example ``http://127.0.0.1:4711``."""

    def __init__(self, url: str, timeout: float = 120) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False  # never through a proxy

    def _call(self, command: str, **arguments: Any) -> Any:
        answer = self._session.post(
            f"{self.url}/_control/{command}", json=arguments, timeout=self._timeout
        )
        try:
            told = answer.json()
        except ValueError:
            told = {"error": f"HTTP {answer.status_code}: {answer.text[:500]}"}
        if "error" in told:
            raise ControlError(f"{command}: {told['error']}")
        return told["result"]

    def close(self) -> None:
        self._session.close()

    def ping(self) -> None:
        """Raises when nothing answers at the address."""
        self._call("ping")

    def reset(self) -> None:
        """Forget everything, also scripts and settings. Invented ids go on counting."""
        self._call("reset")

    # -- the stage ------------------------------------------------------------------

    def add_app(
        self,
        app_id: str,
        secret: str,
        require_proof: bool = False,
        name: str = "Lead app",
    ) -> None:
        """A Meta app. Its own token is ``<app_id>|<secret>``."""
        self._call(
            "add_app",
            app_id=app_id,
            secret=secret,
            require_proof=require_proof,
            name=name,
        )

    def add_token(
        self,
        token: str,
        kind: str,
        *,
        app_id: str | None = None,
        page_ids: Iterable[str] = (),
        dataset_ids: Iterable[str] = (),
        scopes: Iterable[str] | None = None,
        expires_at: int = 0,
        revoked: bool | int = False,
        name: str = "Token owner",
        data_access_expires_at: int = 0,
        granular: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """An access token of the kind system_user, user, page or send_only.

        It reaches only the pages and datasets given. ``scopes``: None = all that a lead
        CRM needs. ``expires_at``: unix seconds, 0 = never. ``revoked``: True, or the
        190 subcode it shall answer. A send_only token needs no app. ``granular``:
        permissions that ``debug_token`` shows as given for some pages only.
        """
        self._call(
            "add_token",
            token=token,
            kind=kind,
            app_id=app_id,
            page_ids=list(page_ids),
            dataset_ids=list(dataset_ids),
            scopes=None if scopes is None else list(scopes),
            expires_at=expires_at,
            revoked=revoked,
            name=name,
            data_access_expires_at=data_access_expires_at,
            granular={key: list(ids) for key, ids in (granular or {}).items()},
        )

    def revoke_token(self, token: str, subcode: int = 467) -> None:
        """Withdraw a token, and the Page tokens derived from it (458-460, 464-467)."""
        self._call("revoke_token", token=token, subcode=subcode)

    def renew_token(self, token: str) -> None:
        """Make a withdrawn or expired token good again, for ever."""
        self._call("renew_token", token=token)

    def expire_token(self, token: str) -> None:
        """Let a token's time be over now (190/463)."""
        self._call("expire_token", token=token)

    def set_scopes(self, token: str, scopes: Iterable[str]) -> None:
        """Change the permissions of a token and of the Page tokens derived from it."""
        self._call("set_scopes", token=token, scopes=list(scopes))

    def add_page(
        self,
        page_id: str,
        name: str,
        access_token: str | None = None,
        *,
        app_id: str | None = None,
        leadgen_tos_accepted: bool = True,
        lead_access_revoked: bool = False,
    ) -> str:
        """A Page; returns its Page token (of ``app_id``, else of the first app)."""
        return self._call(
            "add_page",
            page_id=page_id,
            name=name,
            access_token=access_token,
            app_id=app_id,
            leadgen_tos_accepted=leadgen_tos_accepted,
            lead_access_revoked=lead_access_revoked,
        )

    def set_lead_access(self, page_id: str, revoked: bool) -> None:
        """Put the app out of the page's Leads Access Manager, or let it in again."""
        self._call("set_lead_access", page_id=page_id, revoked=revoked)

    def set_terms(self, page_id: str, accepted: bool) -> None:
        """Whether somebody accepted the lead ads terms for the page."""
        self._call("set_terms", page_id=page_id, accepted=accepted)

    def subscribe_app(
        self,
        app_id: str,
        callback_url: str,
        fields: Iterable[str] = ("leadgen",),
        *,
        active: bool = True,
        include_values: bool = True,
        kind: str = "page",
    ) -> None:
        """The app-level subscription to pages, without a handshake.

        ``kind``: what it is subscribed to, Meta's ``object``; also
        ``whatsapp_business_account`` or ``instagram``.
        """
        self._call(
            "subscribe_app",
            app_id=app_id,
            callback_url=callback_url,
            fields=list(fields),
            active=active,
            include_values=include_values,
            kind=kind,
        )

    def unsubscribe_page(self, page_id: str, app_id: str) -> None:
        """Meta loses the page's subscription to the app, without a word."""
        self._call("unsubscribe_page", page_id=page_id, app_id=app_id)

    def subscribe_page(
        self, page_id: str, app_id: str, fields: Iterable[str] = ("leadgen",)
    ) -> None:
        """The page-level subscription, as if POST subscribed_apps had been called."""
        self._call(
            "subscribe_page", page_id=page_id, app_id=app_id, fields=list(fields)
        )

    def page_subscriptions(self, page_id: str) -> dict[str, list[str]]:
        """app id -> subscribed fields of a page."""
        return self._call("page_subscriptions", page_id=page_id)

    def app_subscriptions(self, app_id: str) -> dict[str, dict[str, Any]]:
        """object -> {object, callback_url, fields, include_values} of an app."""
        return self._call("app_subscriptions", app_id=app_id)

    def add_form(
        self,
        form_id: str,
        page_id: str,
        name: str,
        questions: Sequence[Mapping[str, Any]],
        locale: str = "en_US",
        status: str = "ACTIVE",
        *,
        custom_disclaimer: Mapping[str, Any] | None = None,
        tracking_parameters: Mapping[str, str] | None = None,
        created_time: int | None = None,
    ) -> None:
        """An instant form. A question is {key, type, label, options: [{key, value}]}.

        ``custom_disclaimer``: {title, body, checkboxes: [{key, text, is_required}]}.
        """
        self._call(
            "add_form",
            form_id=form_id,
            page_id=page_id,
            name=name,
            questions=list(questions),
            locale=locale,
            status=status,
            custom_disclaimer=custom_disclaimer,
            tracking_parameters=tracking_parameters,
            created_time=created_time,
        )

    def add_dataset(
        self,
        dataset_id: str,
        name: str,
        is_crm: bool = True,
        is_unavailable: bool = False,
        account_id: str | None = None,
    ) -> None:
        """A dataset (pixel); events to one that is no CRM dataset are not counted.

        One of a Page, a WhatsApp business account or an Instagram account
        (``account_id``) counts events of its chats alone, and repeated ones again.
        """
        self._call(
            "add_dataset",
            dataset_id=dataset_id,
            name=name,
            is_crm=is_crm,
            is_unavailable=is_unavailable,
            account_id=account_id,
        )

    def set_quality(
        self, dataset_id: str, rows: Iterable[Mapping[str, Any]], agent_name: str = ""
    ) -> None:
        """What Meta measured of a dataset's web events: the rows of its ``web[]``.

        ``agent_name``: those of one agent's events; empty is of all. A dataset has
        none until told, as one that gets events of a CRM alone.
        """
        self._call(
            "set_quality",
            dataset_id=dataset_id,
            rows=[dict(row) for row in rows],
            agent_name=agent_name,
        )

    def create_chat(
        self, channel: str, account_id: str, **details: str | int | None
    ) -> dict[str, Any]:
        """Somebody opens a chat; returns all that Meta knows of it.

        ``channel`` is whatsapp, messenger or instagram, ``account_id`` the WhatsApp
        business account, Page or Instagram account. Details: ``ad_id`` (the ad; without
        one nobody clicked), ``number_id``, ``phone``, ``person_id``, ``created_time``
        (Unix seconds, else now). In the result ``person_id`` is the click of WhatsApp,
        else the person's scoped id.
        """
        return self._call(
            "create_chat", channel=channel, account_id=account_id, **details
        )

    def deliver_chats(
        self,
        callback_url: str,
        app_id: str,
        chat_ids: Iterable[str],
        *,
        text: str = "Hello",
        times: int = 1,
        signature: str = "valid",
    ) -> list[dict[str, Any]]:
        """Sign and post the first message of each chat; see :meth:`deliver`."""
        return self._call(
            "deliver_chats",
            callback_url=callback_url,
            app_id=app_id,
            chat_ids=list(chat_ids),
            text=text,
            times=times,
            signature=signature,
        )

    def create_lead(
        self,
        form_id: str,
        answers: Mapping[str, Any] | None = None,
        *,
        organic: bool = False,
        ad: bool | Mapping[str, str] = True,
        platform: str = "fb",
        created_time: int | None = None,
        consents: Mapping[str, bool] | None = None,
        test: bool = False,
        lead_id: str | None = None,
    ) -> str:
        """Someone fills in the form; returns the lead id (16 digits as text).

        ``answers``: question key -> text, list of texts, or None (skipped). A choice
        is answered with option keys. ``ad``: True = an invented ad, a mapping of ad_id,
        ad_name, adset_id …, or False. ``created_time``: unix seconds, None = 5 s ago.
        ``consents``: check box key -> ticked. ``test``: a lead of the testing tool.
        """
        return self._call(
            "create_lead",
            form_id=form_id,
            answers=answers,
            organic=organic,
            ad=ad,
            platform=platform,
            created_time=created_time,
            consents=consents,
            test=test,
            lead_id=lead_id,
        )

    def delete_lead(self, lead_id: str) -> None:
        """The owner deletes the lead: reading it answers 100/33 from now on."""
        self._call("delete_lead", lead_id=lead_id)

    def age_lead(self, lead_id: str, days: float) -> None:
        """Make a lead so many days old; past 90 it can no longer be read."""
        self._call("age_lead", lead_id=lead_id, days=days)

    # -- webhooks -------------------------------------------------------------------

    def deliver(
        self,
        callback_url: str,
        app_id: str,
        lead_ids: Iterable[str] = (),
        *,
        together: bool | str = False,
        times: int = 1,
        ids_as: str = "text",
        signature: str = "valid",
        kind: str = "leadgen",
        at_once: bool = False,
    ) -> list[dict[str, Any]]:
        """Sign and post webhooks; returns [{status, ms, body}], one per POST.

        together   False: a POST per lead; True: one POST, an entry per page with all
                   its changes; "entries": one POST, an entry per lead
        times      everything is delivered so many times
        ids_as     "text" or "int"
        signature  "valid", "wrong", "missing", "sha1_only", "reserialised"
        kind       "leadgen", "ping", "leadgen_update", "feed", "changed_fields",
                   "user_object"
        at_once    all POSTs side by side instead of one after the other
        """
        return self._call(
            "deliver",
            callback_url=callback_url,
            app_id=app_id,
            lead_ids=list(lead_ids),
            together=together,
            times=times,
            ids_as=ids_as,
            signature=signature,
            kind=kind,
            at_once=at_once,
        )

    def post_raw(
        self,
        callback_url: str,
        app_id: str,
        body: bytes,
        signed: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Post any bytes, soundly signed or not at all: {status, ms, body}."""
        return self._call(
            "post_raw",
            callback_url=callback_url,
            app_id=app_id,
            body=b64encode(body).decode(),
            signed=signed,
            headers=headers,
        )

    def handshake(
        self,
        callback_url: str,
        verify_token: str,
        challenge: str | None = None,
        *,
        mode: str = "subscribe",
        leave_out: Iterable[str] = (),
    ) -> dict[str, Any]:
        """GET the callback as Meta does: {status, body, content_type, echoed, reason}.

        ``leave_out``: query keys that are not sent, such as "hub.challenge".
        """
        return self._call(
            "handshake",
            callback_url=callback_url,
            verify_token=verify_token,
            challenge=challenge,
            mode=mode,
            leave_out=list(leave_out),
        )

    def set_auto_delivery(self, on: bool, retry_after: Iterable[float] = ()) -> None:
        """Announce new leads by themselves, to apps subscribed on both levels.

        ``retry_after``: pauses in seconds before each further try after a failure.
        """
        self._call("set_auto_delivery", on=on, retry_after=list(retry_after))

    # -- trouble --------------------------------------------------------------------

    def script(self, path_pattern: str, answers: Iterable[Mapping[str, Any]]) -> None:
        """Answer the next matching calls so: scripts.ScriptedAnswer has the keys.

        The pattern is shell-style, for the path with or without version, or for
        "METHOD path": ``POST */events``, ``/123``, ``*/leads``.
        """
        self._call("script", path_pattern=path_pattern, answers=list(answers))

    def script_named(
        self,
        name: str,
        path_pattern: str = "POST */events",
        times: int | None = 1,
        **changes: Any,
    ) -> None:
        """A ready-made answer, see :meth:`script_names`; ``changes`` as in script."""
        self._call(
            "script_named",
            name=name,
            path_pattern=path_pattern,
            times=times,
            changes=changes,
        )

    def script_names(self) -> list[str]:
        """The names of the ready-made answers."""
        return self._call("script_names")

    def scripts_left(self) -> int:
        """How many scripted answers have not been used."""
        return self._call("scripts_left")

    def clear_scripts(self) -> None:
        """Back to normal; calls that hang are cut off."""
        self._call("clear_scripts")

    def set_latency(self, ms: int) -> None:
        """Every answer of the Graph side comes so much later; it is processed first."""
        self._call("set_latency", ms=ms)

    def set_clock_offset(self, seconds: float) -> None:
        """Meta's clock goes ahead (or behind, negative) by so many seconds."""
        self._call("set_clock_offset", seconds=seconds)

    def set_unknown_leads_count(self, on: bool) -> None:
        """Count events of lead ids that were never created here (default: no)."""
        self._call("set_unknown_leads_count", on=on)

    def set_max_page_size(self, limit: int) -> None:
        """The ``limit`` above which a list answers "reduce the amount of data"."""
        self._call("set_max_page_size", limit=limit)

    def set_paging_faults(self, faults: Iterable[str]) -> None:
        """Lists of leads misbehave so from now on; no fault ends it.

        repeat_next    the last page says that it goes on, behind itself
        repeat_first   every page is the first one again
        ignore_filter  ``filtering`` does nothing
        unordered      no order of time
        """
        self._call("set_paging_faults", faults=list(faults))

    # -- what happened --------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """What Meta got: accepted, counted, not_counted, duplicates, events, refused,
        requests, webhooks. The keys of each are in ledger.py."""
        return self._call("report")

    def requests(self, path_pattern: str = "*") -> list[dict[str, Any]]:
        """The Graph calls so far whose path matches (patterns as in script)."""
        return self._call("requests", path_pattern=path_pattern)

    def wait_for_accepted(self, count: int, timeout: float = 30) -> dict[str, Any]:
        """The report, once ``count`` events are accepted. Raises TimeoutError."""
        end = time.monotonic() + timeout
        while True:
            report = self.report()
            if report["accepted"] >= count:
                return report
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{report['accepted']} of {count} events after {timeout} s"
                )
            time.sleep(0.1)
