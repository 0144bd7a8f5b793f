"""Demo data fill every screen and never call Meta."""

from datetime import timedelta

from odoo.tests import Form

from .delivery import DeliveryCase

#: Model of each screen, and how its rows lead to their connection.
SCREENS = {
    "meta.connection": "id",
    "meta.lead.page": "connection_id",
    "meta.lead.form": "page_id.connection_id",
    "meta.lead.submission": "connection_id",
    "meta.lead.listed": "count_id.form_id.page_id.connection_id",
    "meta.capi.dataset": "connection_id",
    "meta.capi.rule": "dataset_id.connection_id",
    "meta.capi.event": "dataset_id.connection_id",
    "meta.sync.log": "connection_id",
    "meta.capi.quality": "dataset_id.connection_id",
    "meta.lead.account": "connection_id",
    "meta.lead.referral": "connection_id",
}


class TestDemo(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What the shared case set up is not of the demo.
        cls.dataset.state = "stopped"
        cls.page.active = False
        cls.connection.write({"app_id": False})
        cls.connection.sudo().write(
            {"access_token_stored": False, "app_secret_stored": False}
        )
        cls.env["meta.demo"]._install()
        cls.demo = cls.env["meta.connection"].search([("name", "like", "(demo)")])
        of_kind = cls.demo.dataset_ids.grouped("kind")
        cls.demo_dataset, cls.demo_chats = of_kind["crm"], of_kind["messaging"]

    def events(self, *domain):
        return self.env["meta.capi.event"].search(
            [("dataset_id", "=", self.demo_dataset.id), *domain]
        )

    def test_each_screen_has_something_to_show(self):
        for model, path in SCREENS.items():
            self.assertTrue(self.env[model].search([(path, "=", self.demo.id)]), model)

    def test_events_are_in_every_state_that_a_person_meets(self):
        states = set(self.events().mapped("state"))
        self.assertLessEqual({"queued", "accepted", "refused", "not_sent"}, states)

    def test_chats_are_kept_lead_to_sales_and_wait_for_an_answer(self):
        chats = self.env["meta.lead.referral"].search(
            [("connection_id", "=", self.demo.id)]
        )
        self.assertEqual(set(chats.mapped("state")), {"waiting", "done"})
        self.assertEqual(set(chats.mapped("channel")), {"whatsapp", "instagram"})
        events = self.demo_chats.event_ids
        self.assertLessEqual({"accepted", "unclear"}, set(events.mapped("state")))
        sales = events.filtered(lambda row: row.event_name == "Purchase")
        self.assertTrue(sales)
        self.assertTrue(all(row.value and row.currency_id for row in sales))
        self.assertFalse(events & self.events())

    def test_leads_came_over_two_months_and_none_in_the_future(self):
        leads = self.events().lead_id
        born = leads.mapped("create_date")
        self.assertGreater(max(born) - min(born), timedelta(days=50))
        self.assertLess(max(born), self.env.cr.now())
        self.assertLess(max(self.events().mapped("event_time")), self.env.cr.now())

    def test_what_waits_is_young_enough_for_meta(self):
        oldest = min(self.events(("state", "=", "queued")).mapped("event_time"))
        self.assertGreater(oldest, self.env.cr.now() - timedelta(days=2))

    def test_nothing_that_runs_or_is_pressed_calls_meta(self):
        (self.demo_dataset + self.demo_chats).action_resume()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            for cron in self.env["ir.cron"].search([("code", "like", "model._cron_")]):
                if "meta" in cron.model_id.model:
                    cron.method_direct_trigger()
        self.env.invalidate_all()
        self.demo.action_check()
        self.demo.setup_look(force=True)
        self.assertEqual(self.meta.requests(), [])
        self.assertFalse(self.demo.has_access_token)
        self.assertTrue(self.events(("state", "=", "queued")))

    def test_installed_again_it_adds_nothing(self):
        count = len(self.events())
        self.env["meta.demo"]._install()
        self.assertEqual(len(self.events()), count)

    def test_its_forms_open(self):
        records = (self.demo, self.demo_dataset, self.demo_chats)
        for record in (*records, self.demo.page_ids[:1]):
            with Form(record) as form:
                self.assertTrue(form.name)
