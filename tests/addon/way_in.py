"""The set-up of the way in: a fake Meta that knows what Odoo is connected to."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

from lxml import html

from odoo import fields
from odoo.api import SUPERUSER_ID, Environment
from odoo.tests import HttpCase

from odoo.addons.meta_crm_capi.models.meta_lead_submission_fetch import MIN_TRIES

from tests.workbench.in_odoo import fake_meta

from .common import APP, DATASET, FORM, PAGE, MetaCase

SECRET = "test-app-secret"
SYSTEM_TOKEN = "test-system-user-token"
PAGE_TOKEN = "test-page-token"

QUESTIONS = [
    {"key": "full_name", "type": "FULL_NAME", "label": "Full name"},
    {"key": "email", "type": "EMAIL", "label": "Email"},
    {"key": "phone_number", "type": "PHONE", "label": "Phone number"},
    {
        "key": "which_size?",
        "type": "CUSTOM",
        "label": "Which size?",
        "options": [
            {"key": "small_(1-5)", "value": "Small (1-5)"},
            {"key": "large", "value": "Large"},
        ],
    },
    {"key": "budget?", "type": "CUSTOM", "label": "What is your budget?"},
]


def value(leadgen_id: Any, **changes: Any) -> dict[str, Any]:
    """What a webhook tells of a lead; ``None`` leaves a key out."""
    given = {
        "ad_id": "120200000000000001",
        "form_id": FORM,
        "leadgen_id": leadgen_id,
        "created_time": int(time.time()) - 5,
        "page_id": PAGE,
        "adgroup_id": "120200000000000001",
        **changes,
    }
    return {key: item for key, item in given.items() if item is not None}


def change(leadgen_id: Any, **changes: Any) -> dict[str, Any]:
    """One change of an entry, in the order of keys that Meta has."""
    return {"value": value(leadgen_id, **changes), "field": "leadgen"}


def entry(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": PAGE, "time": int(time.time()), "changes": [*changes], **more}


def notification(*entries: dict[str, Any]) -> bytes:
    """The bytes of a POST, as compact as Meta writes them."""
    body = {"object": "page", "entry": [*entries]}
    return json.dumps(body, separators=(",", ":")).encode()


def announcement(*leadgen_ids: Any, **changes: Any) -> bytes:
    """The bytes of a POST that names these leads, in one entry."""
    return notification(entry(*(change(item, **changes) for item in leadgen_ids)))


def sign(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header with which Meta vouches for these bytes."""
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


class WayInCase(MetaCase):
    """A fake Meta with the same app, Page, form and dataset as Odoo has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.meta = fake_meta()
        cls.addClassCleanup(cls.meta.close)
        cls.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", cls.meta.url
        )
        cls.submissions = cls.env["meta.lead.submission"]
        cls.log = cls.env["meta.sync.log"]
        cls.fetch_cron = cls.env.ref("meta_crm_capi.ir_cron_fetch")

    def setUp(self):
        super().setUp()
        self.meta.reset()
        self.meta.add_app(APP, SECRET)
        self.meta.add_page(PAGE, "Sunny Roofs", PAGE_TOKEN)
        self.meta.add_dataset(DATASET, "CRM dataset")
        self.meta.add_form(FORM, PAGE, "Spring offer", QUESTIONS)
        self.meta.add_token(
            SYSTEM_TOKEN,
            "system_user",
            app_id=APP,
            page_ids=[PAGE],
            dataset_ids=[DATASET],
        )

    def fill_in(self, answers: dict[str, Any] | None = None, **more: Any) -> str:
        """Somebody fills in the form at Meta; returns the lead id."""
        answers = {"full_name": "Ana Acker", **(answers or {})}
        return self.meta.create_lead(more.pop("form", FORM), answers, **more)

    def announce(self, *leadgen_ids: str, **changes: Any):
        """Meta's webhook for these leads was stored; returns their submissions."""
        self.connection._receive(announcement(*leadgen_ids, **changes))
        return self.find(*leadgen_ids)

    def find(self, *meta_ids: str):
        """The submissions with these ids, in this order."""
        self.env.invalidate_all()
        rows = self.submissions.search([("meta_id", "in", meta_ids)])
        return rows.sorted(lambda row: meta_ids.index(row.meta_id))

    def fetch(self) -> None:
        """The cron that reads leads runs once."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.fetch_cron.method_direct_trigger()
        self.env.invalidate_all()

    def fetch_without_end(self) -> None:
        """The same for as long as it takes: Odoo gives a cron's run ten seconds."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cursor:
            env = Environment(cursor, SUPERUSER_ID, {})
            env["meta.lead.submission"]._cron_fetch()
        self.env.invalidate_all()

    def come_in(self, answers: dict[str, Any] | None = None, **more: Any):
        """A lead makes the whole way in; returns its submission."""
        submission = self.announce(self.fill_in(answers, **more))
        self.fetch()
        return submission

    def reads(self, *meta_ids: str) -> list[str]:
        """The ids among these of which fake Meta was asked, in order, repeats too."""
        paths = [call["path"] for call in self.meta.requests()]
        asked = [path.rsplit("/", 1)[-1] for path in paths]
        return [meta_id for meta_id in asked if meta_id in meta_ids]


class RefusalCase(WayInCase):
    def read_as(self, answer, *, times=None):
        """A lead whose read Meta answers so."""
        meta_id = self.fill_in()
        row = self.announce(meta_id)
        self.meta.script(f"GET /{meta_id}", [{**answer, "times": times}])
        self.fetch()
        return row

    def assertWaits(self, row, *, tries):
        self.assertRecordValues(
            row, [{"state": "received", "tries": tries, "lead_id": False}]
        )
        self.assertTrue(row.reason)

    def waiting(self, row):
        """Seconds until the row is read again."""
        return (row.next_try_at - fields.Datetime.now()).total_seconds()

    def make_due(self, rows):
        rows.next_try_at = fields.Datetime.now() - timedelta(minutes=1)

    def age(self, rows, hours, tries=MIN_TRIES):
        """As if these rows had waited and been tried for so long."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE meta_lead_submission SET tries = %s,"
            " create_date = create_date - make_interval(hours => %s),"
            " next_try_at = next_try_at - make_interval(hours => %s)"
            " WHERE id = ANY(%s)",
            [tries, hours, hours, rows.ids],
        )
        self.env.invalidate_all()


class IntakeCase(WayInCase):
    """What becomes of the answers."""

    def notes(self, submission):
        """The lines of the lead's notes."""
        notes = submission.lead_id.description
        if not notes:
            return []
        items = html.fromstring(notes).iter("li")
        return [item.text_content().strip() for item in items]

    def come_in_as(self, node, **changes):
        """A lead that Meta gives exactly so, apart from what is left out."""
        meta_id = self.fill_in()
        given = {
            "id": meta_id,
            "created_time": "2026-11-20T08:09:10+0000",
            "field_data": [],
            **node,
        }
        body = {"status": 200, "raw": json.dumps(given)}
        self.meta.script(f"GET /{meta_id}", [body])
        submission = self.announce(meta_id, **changes)
        self.fetch()
        return submission

    def come_in_with(self, *field_data, **changes):
        """A lead with these ``(name, values)`` answers; without values for None."""
        return self.come_in_as(
            {
                "form_id": FORM,
                "field_data": [
                    {"name": name, **({} if values is None else {"values": values})}
                    for name, values in field_data
                ],
            },
            **changes,
        )


class WebhookCase(HttpCase, MetaCase):
    """Real HTTP against the webhook of the connection."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.submissions = cls.env["meta.lead.submission"]
        cls.log = cls.env["meta.sync.log"]
        cls.path = f"/meta/webhook/{cls.connection.webhook_path}"

    def post(self, raw: bytes, headers: dict[str, str] | None = None, path=None):
        """POST these bytes, signed unless other headers are given."""
        headers = sign(raw) if headers is None else headers
        response = self.url_open(
            path or self.path,
            data=raw,
            headers={"Content-Type": "application/json", **headers},
            method="POST",
        )
        self.env.invalidate_all()
        return response

    def rows(self):
        """Every submission and log row there is, to compare before with after."""
        self.env.invalidate_all()
        return self.submissions.search([]), self.log.search([])
