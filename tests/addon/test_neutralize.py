"""A neutralised copy holds no secret and never speaks to Meta."""

from odoo.modules.neutralize import get_neutralization_queries

from .way_in import PAGE_TOKEN, SECRET, SYSTEM_TOKEN, WayInCase

TABLES = (
    "meta_connection",
    "meta_lead_page",
    "meta_lead_form",
    "meta_capi_dataset",
    "meta_capi_event",
    "meta_lead_submission",
    "meta_sync_log",
)


class TestNeutralize(WayInCase):
    def neutralize(self):
        self.env.flush_all()
        queries = list(get_neutralization_queries(["meta_crm_capi"]))
        self.assertEqual(len(queries), 1)
        self.env.cr.execute(queries[0])
        self.env.invalidate_all()

    def everything(self):
        """All that the tables of the addon hold, as text."""
        found = []
        for table in TABLES:
            self.env.cr.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            found += [text for (text,) in self.env.cr.fetchall()]
        return "\n".join(found)

    def test_every_secret_is_blanked(self):
        self.dataset.access_token = "dataset-token"
        verify_token, path = self.connection.verify_token, self.connection.webhook_path
        secrets = (
            SECRET,
            SYSTEM_TOKEN,
            PAGE_TOKEN,
            "dataset-token",
            verify_token,
            path,
        )
        self.env.flush_all()
        before = self.everything()
        for secret in secrets:
            self.assertIn(secret, before)
        self.neutralize()
        after = self.everything()
        for secret in secrets:
            self.assertNotIn(secret, after)
        for record in (self.connection, self.page, self.dataset):
            self.assertFalse(record.has_access_token)
        self.assertFalse(self.connection.has_app_secret)

    def test_every_column_for_a_secret_is_covered(self):
        for model, record in (
            ("meta.connection", self.connection),
            ("meta.lead.page", self.page),
            ("meta.capi.dataset", self.dataset),
        ):
            columns = [f"{name}_stored" for name in self.env[model]._meta_secrets]
            self.assertTrue(columns)
            record.sudo().write(dict.fromkeys(columns, "left behind"))
        self.neutralize()
        self.assertNotIn("left behind", self.everything())

    def test_nothing_is_sent_or_read_by_the_copy(self):
        waiting = self.announce(self.fill_in())
        lead = self.make_lead()
        event = self.event_rows(lead)
        self.assertEqual(event.state, "queued")
        self.neutralize()
        self.assertRecordValues(
            event, [{"state": "cancelled", "next_try_at": False, "is_sending": False}]
        )
        self.assertIn("neutralized", event.reason)
        self.assertEqual(self.dataset.state, "stopped")
        crons = self.env["ir.cron"].with_context(active_test=False)
        own = crons.search([]).filtered(
            lambda cron: cron.get_external_id()[cron.id].startswith("meta_crm_capi.")
        )
        self.assertGreaterEqual(len(own), 2)
        self.assertFalse(any(own.mapped("active")))
        # And were it started by hand: there is no token to speak with.
        self.fetch()
        self.assertEqual(waiting.state, "received")
        self.assertEqual(self.meta.requests(), [])

    def test_metas_webhooks_no_longer_reach_the_copy(self):
        path = self.connection.webhook_path
        found = self.env["meta.connection"].search([("webhook_path", "=", path)])
        self.assertEqual(found, self.connection)
        other = self.env["meta.connection"].create({"name": "Other"})
        self.neutralize()
        self.assertFalse(found.search([("webhook_path", "=", path)]))
        self.assertNotEqual(self.connection.webhook_path, other.webhook_path)

    def test_what_meta_accepted_stays_on_record(self):
        event = self.event_rows(self.make_lead())
        event.state = "accepted"
        self.neutralize()
        self.assertEqual(event.state, "accepted")

    def test_neutralizing_twice_is_harmless(self):
        self.neutralize()
        self.neutralize()
        self.assertFalse(self.connection.has_app_secret)
