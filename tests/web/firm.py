"""A company with its people in Odoo and its business at Meta, for one test."""

from __future__ import annotations

import contextlib
import re
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.fake_meta.control import FakeMetaControl
from tests.workbench.odoo_server import Server
from tests.workbench.rpc import Session

from .chromium import Chromium, Tab
from .screen import Screen

SYSTEM_GROUPS = {
    "administrator": "meta_crm_capi.group_meta_administrator",
    "marketer": "meta_crm_capi.group_meta_user",
    "rep": "sales_team.group_sale_salesman",
}
QUESTIONS = [
    {"key": "full_name", "label": "Full name", "type": "FULL_NAME"},
    {"key": "email", "label": "Email", "type": "EMAIL"},
]


class SignedIn(Session):
    """A session whose cookie a browser can be given."""

    @property
    def cookie(self) -> str:
        return self._http.cookies["session_id"]

    def build_assets(self) -> None:
        """Let Odoo build what the web client loads, as long as that takes.

        The first page of a run would wait for it otherwise, and on a busy machine for
        longer than a page is given.
        """
        page = self._http.get(f"{self._url}/odoo", timeout=300)
        for path in re.findall(r'(?:src|href)="(/web/assets/[^"]+)"', page.text):
            self._http.get(f"{self._url}{path}", timeout=300).raise_for_status()


class Firm:
    """One company; its numbers and logins are nobody else's.

    ``app_id``, ``page_id``, ``form_id`` and ``dataset_id`` are what it has at Meta,
    from the beginning; :meth:`connect` makes them known to Odoo and gives
    ``callback_url`` and ``verify_token``.
    """

    app_secret = "an-app-secret-that-nobody-may-read"
    access_token = "a-system-user-token-that-nobody-may-read"
    callback_url = ""
    verify_token = ""

    def __init__(
        self, root: Session, server: Server, chromium: Chromium, meta: FakeMetaControl
    ) -> None:
        self.meta = meta
        self._root = root
        self._server = server
        self._chromium = chromium
        self._open = contextlib.ExitStack()
        self._tabs: list[Tab] = []
        number = f"{uuid.uuid4().int % 10**10:010}"
        self.name = f"Firm {number}"
        self.app_id = f"101{number}"
        self.page_id = f"102{number}"
        self.form_id = f"103{number}"
        self.dataset_id = f"104{number}"
        self._at_meta()
        root("ir.config_parameter", "set_param", "meta_crm_capi.graph_url", meta.url)
        self.move_to(server.url)
        self._company = root.create("res.company", {"name": self.name})
        self._users = {
            role: self._create_user(role, number, group)
            for role, group in SYSTEM_GROUPS.items()
        }

    def photograph(self, path: Path) -> None:
        """Save what the browser's last tab shows as a PNG."""
        if self._tabs:
            self._tabs[-1].photograph(path)

    def close(self) -> None:
        """Close the browser's tabs.

        :raise AssertionError: when the console of one of them said something in red
        """
        tabs, self._tabs = self._tabs, []
        failures = [failure for tab in tabs for failure in tab.unforeseen()]
        self._open.close()
        if failures:
            raise AssertionError(f"The browser's console says: {failures[0]}")

    def _at_meta(self) -> None:
        self.meta.add_app(self.app_id, self.app_secret)
        self.meta.add_page(self.page_id, "Sunny Roofs")
        self.meta.add_form(self.form_id, self.page_id, "Spring offer", QUESTIONS)
        self.meta.add_dataset(self.dataset_id, "CRM dataset")
        self.meta.add_token(
            self.access_token,
            "system_user",
            app_id=self.app_id,
            page_ids=[self.page_id],
            dataset_ids=[self.dataset_id],
        )

    def _create_user(self, role: str, number: str, group: str) -> tuple[int, str]:
        login = f"{role}{number}"
        user = self._root.create(
            "res.users",
            {
                "name": f"{role.title()} {number}",
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "company_id": self._company,
                "company_ids": [(6, 0, [self._company])],
                "group_ids": [(4, self._root.ref(group))],
            },
        )
        return user, login

    # --- people -----------------------------------------------------------

    def session(self, role: str) -> SignedIn:
        """Odoo's API with the rights of the administrator, marketer or rep."""
        _user, login = self._users[role]
        return SignedIn(self._server.url, self._server.database, login, login)

    def screen(self, role: str) -> Screen:
        """A browser in which the administrator, marketer or rep is signed in."""
        tab = self._open.enter_context(self._chromium.tab())
        self._tabs.append(tab)
        return Screen(tab, self._server.url, self.session(role).cookie)

    def let_speak(self, role: str, lang: str) -> None:
        """Let one of the people use Odoo in this language."""
        found = self._root.search_read(
            "res.lang", [("code", "=", lang)], ["id"], context={"active_test": False}
        )
        wizard = self._root.create(
            "base.language.install", {"lang_ids": [(6, 0, [found[0]["id"]])]}
        )
        self._root("base.language.install", "lang_install", [wizard])
        user, _login = self._users[role]
        self._root("res.users", "write", [user], {"lang": lang})

    def let_change_settings(self, role: str) -> None:
        """Let one of the people open Odoo's settings."""
        user, _login = self._users[role]
        group = self._root.ref("base.group_system")
        self._root("res.users", "write", [user], {"group_ids": [(4, group)]})

    def move_to(self, url: str) -> None:
        """Let Odoo believe that people and Meta reach it under this address."""
        self._root("ir.config_parameter", "set_param", "web.base.url", url)

    def call_people(self, name: str, *people: str) -> None:
        """Give the firm a name and its people theirs, in the order of their roles.

        No two companies may have one name: an earlier one loses it.
        """
        for other in self._root("res.company", "search", [("name", "=", name)]):
            self._root("res.company", "write", [other], {"name": f"{name} {other}"})
        self._root("res.company", "write", [self._company], {"name": name})
        for (user, _login), person in zip(self._users.values(), people, strict=True):
            self._root("res.users", "write", [user], {"name": person})

    # --- what is set up and what happens ----------------------------------

    def connect(self) -> None:
        """Everything that takes leads in and sends events out, without the screens."""
        admin = self.session("administrator")
        connection = admin.create(
            "meta.connection",
            {
                "name": "Sunny Roofs",
                "app_id": self.app_id,
                "app_secret": self.app_secret,
                "access_token": self.access_token,
            },
        )
        rep, _login = self._users["rep"]
        page = admin.create(
            "meta.lead.page",
            {"name": "Sunny Roofs", "meta_id": self.page_id, "user_id": rep},
        )
        admin.create(
            "meta.lead.form",
            {
                "name": "Spring offer",
                "meta_id": self.form_id,
                "page_id": page,
                "question_ids": [(0, 0, question) for question in QUESTIONS],
            },
        )
        dataset = admin.create(
            "meta.capi.dataset", {"name": "CRM dataset", "meta_id": self.dataset_id}
        )
        admin("meta.capi.dataset", "action_map_pipeline", [dataset])
        (shown,) = admin(
            "meta.connection", "read", [connection], ["callback_url", "verify_token"]
        )
        self.callback_url = shown["callback_url"]
        self.verify_token = shown["verify_token"]

    def forget_page(self) -> None:
        """Delete the Page and its form in Odoo; Meta still has them."""
        admin = self.session("administrator")
        for model in ("meta.lead.form", "meta.lead.page"):
            found = admin(model, "search", [("company_id", "=", self._company)])
            admin(model, "unlink", found)

    def new_lead(self, name: str) -> str:
        """Somebody fills in the form and Odoo reads it; returns the Meta lead id."""
        meta_id = self.fill_in(name)
        self.run_cron("fetch")
        return meta_id

    def fill_in(self, name: str) -> str:
        """Somebody fills in the form and Meta announces it; returns the lead id."""
        meta_id = self.meta.create_lead(
            self.form_id,
            {"full_name": name, "email": f"{name.split()[0].lower()}@example.com"},
        )
        self.announce(meta_id)
        return meta_id

    def announce(self, meta_id: str) -> None:
        """Meta's webhook for a lead, to the callback URL."""
        (answer,) = self.meta.deliver(self.callback_url, self.app_id, [meta_id])
        if answer["status"] != 200:
            raise AssertionError(f"the webhook was not stored: {answer}")

    def forget_rules(self) -> None:
        """Delete the funnel-stage mapping."""
        admin = self.session("administrator")
        admin("meta.capi.rule", "unlink", admin("meta.capi.rule", "search", []))

    def rules(self) -> list[dict[str, str]]:
        """The active lines of the funnel-stage mapping."""
        rules = self.session("administrator").search_read(
            "meta.capi.rule", [], ["step", "event_name", "value_source"]
        )
        return [{k: v for k, v in rule.items() if k != "id"} for rule in rules]

    def run_cron(self, name: str) -> None:
        """Let the cron ``fetch`` or ``deliver`` run now."""
        cron = self._root.ref(f"meta_crm_capi.ir_cron_{name}")
        self._root("ir.cron", "method_direct_trigger", [cron])

    def rest_crons(self) -> None:
        """As if all of Meta's crons had just run: none is due for an hour."""
        self._put_crons(timedelta(hours=1))

    def starve_crons(self) -> None:
        """As if nobody had run any of Meta's crons for an hour."""
        self._put_crons(timedelta(hours=-1))

    def _put_crons(self, ahead: timedelta) -> None:
        crons = [
            row["id"]
            for row in self._root.search_read(
                "ir.cron", [("code", "like", "model._cron_")], ["id"]
            )
        ]
        due = datetime.now(timezone.utc) + ahead
        values = {"nextcall": due.strftime("%Y-%m-%d %H:%M:%S")}
        self._root("ir.cron", "write", crons, values)

    def events(self, meta_id: str) -> list[tuple[str, str]]:
        """``(event name, state)`` of a Meta lead's events, oldest first."""
        rows = self.session("administrator").search_read(
            "meta.capi.event",
            [("submission_id.meta_id", "=", meta_id)],
            ["event_name", "state"],
            order="id",
        )
        return [(row["event_name"], row["state"]) for row in rows]

    def counted(self) -> list[str]:
        """The event names that Meta counted for this dataset, in their order."""
        return [
            event["event_name"]
            for event in self.meta.report()["events"]
            if event["dataset_id"] == self.dataset_id and event["outcome"] == "counted"
        ]

    def stage_names(self) -> list[str]:
        """The pipeline, first stage first."""
        stages = self.session("rep").search_read(
            "crm.stage", [], ["name"], order="sequence, id"
        )
        return [stage["name"] for stage in stages]
