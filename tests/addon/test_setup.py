"""The setup assistant: each step's state is what is true now, never what was once."""

from odoo.exceptions import AccessError, UserError

from .common import APP, DATASET, FORM, PAGE
from .delivery import EVENTS
from .health import HealthCase

STEPS = ("connect", "page", "form", "dataset", "funnel", "test")


class SetupCase(HealthCase):
    def look(self, step, force=True):
        """Open a step as the screen does; returns whether Meta was asked."""
        self.connection.setup_step = step
        self.env.flush_all()
        connection = self.connection.with_user(self.administrator)
        looked = connection.setup_look(force=force)
        self.env.invalidate_all()
        return looked

    def states(self):
        self.env.invalidate_all()
        return {step["key"]: step["state"] for step in self.connection.setup_steps}

    def rows(self, key):
        self.env.invalidate_all()
        steps = {step["key"]: step["rows"] for step in self.connection.setup_steps}
        return steps[key]

    def words(self, key):
        """All that a step says."""
        return "\n".join(
            f"{row['what']}: {row['words']} {row['cure']}" for row in self.rows(key)
        )


class TestSetupSteps(SetupCase):
    def test_the_steps_are_in_their_order(self):
        keys = [step["key"] for step in self.connection.setup_steps]
        self.assertEqual(tuple(keys), STEPS)

    def test_what_is_missing_is_named_with_where_to_find_it(self):
        connection = self.env["meta.connection"].create({"name": "New"})
        rows = connection.setup_steps[0]["rows"]
        self.assertEqual(
            [(row["what"], row["level"]) for row in rows],
            [("App ID", "to_do"), ("App secret", "to_do"), ("Token", "to_do")],
        )
        self.assertTrue(all(row["cure"] for row in rows))
        self.assertEqual({step["state"] for step in connection.setup_steps}, {"to_do"})

    def test_nothing_is_green_before_somebody_looked(self):
        self.assertEqual(self.states()["connect"], "to_do")
        self.assertIn("Press “Check now”", self.words("connect"))

    def test_a_sound_token_makes_the_first_step_green(self):
        self.assertTrue(self.look("connect"))
        self.assertEqual(self.states()["connect"], "done")
        self.assertIn("Valid, of a system user", self.words("connect"))

    def test_a_step_is_green_only_while_it_is_true(self):
        self.look("connect")
        self.meta.revoke_token("test-system-user-token")
        self.look("connect")
        self.assertEqual(self.states()["connect"], "broken")
        self.assertIn("Generate token", self.words("connect"))

    def test_a_new_token_is_not_taken_for_the_one_that_was_looked_at(self):
        self.look("connect")
        self.connection.with_user(self.administrator).write({"access_token": "other"})
        self.assertEqual(self.states()["connect"], "to_do")

    def test_an_app_webhook_that_goes_elsewhere_breaks_the_page_step(self):
        self.look("page")
        self.assertEqual(self.states()["page"], "done")
        self.meta.subscribe_app(APP, "https://old.example.com/hook", ["leadgen"])
        self.look("page")
        self.assertEqual(self.states()["page"], "broken")
        self.assertIn("another host: old.example.com", self.words("page"))

    def test_a_page_that_came_after_the_look_asks_for_one_more(self):
        pages = self.connection.page_ids
        pages.active = False
        self.look("connect")
        pages.active = True
        self.assertIn("Webhook at Meta: Not looked at", self.words("page"))
        self.assertTrue(self.look("page", force=False))
        self.assertNotIn("Not looked at", self.words("page"))

    def test_forms_that_nobody_read_and_forms_to_map_are_told_apart(self):
        self.form.unlink()
        self.assertIn("have not been read yet", self.words("form"))
        connection = self.connection.with_user(self.administrator)
        connection.setup_step = "form"
        connection.action_setup_load_forms()
        self.assertEqual(self.states()["form"], "attention")
        self.assertIn("Mapping is right", self.words("form"))
        self.page.form_ids.action_mapping_done()
        self.assertEqual(self.states()["form"], "done")

    def test_a_page_without_forms_is_told_where_to_make_one(self):
        self.form.unlink()
        self.page.forms_read_at = self.now
        self.assertIn("Instant forms > Create form", self.words("form"))

    def test_the_button_subscribes_every_page_and_shows_it(self):
        self.meta.unsubscribe_page(PAGE, APP)
        self.page.subscribed = False
        self.connection.setup_step = "page"
        self.connection.with_user(self.administrator).action_setup_subscribe()
        self.assertTrue(self.page.subscribed)
        self.assertEqual(self.meta.page_subscriptions(PAGE), {APP: ["leadgen"]})
        self.assertEqual(self.states()["page"], "done")

    def test_what_was_looked_at_a_moment_ago_is_not_asked_again(self):
        self.look("page")
        before = len(self.meta.requests())
        self.assertFalse(self.look("page", force=False))
        self.assertEqual(len(self.meta.requests()), before)

    def test_opening_it_goes_on_at_the_first_step_that_is_not_done(self):
        self.look("connect")
        self.look("page")
        company = self.env["meta.connection"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(company, self.connection)
        connections = self.env["meta.connection"].with_user(self.administrator)
        action = connections.action_open_setup()
        self.assertEqual(action["res_id"], self.connection.id)
        done = [key for key, state in self.states().items() if state == "done"]
        self.assertEqual(
            self.connection.setup_step,
            next(key for key in STEPS if key not in done),
        )

    def test_with_several_connections_one_is_chosen(self):
        self.connection.copy({"name": "Other"})
        connections = self.env["meta.connection"].with_user(self.administrator)
        action = connections.action_open_setup()
        self.assertEqual([kind for _id, kind in action["views"]], ["list", "form"])
        self.assertNotIn("res_id", {k: v for k, v in action.items() if v})

    def test_another_companys_connection_is_not_opened(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.administrator.write({"company_ids": [(4, other.id)]})
        connections = self.env["meta.connection"].with_user(self.administrator)
        action = connections.with_company(other).action_open_setup()
        self.assertFalse(action["res_id"])

    def test_going_on_and_back_stays_within_the_steps(self):
        connection = self.connection.with_user(self.administrator)
        connection.action_setup_back()
        self.assertEqual(connection.setup_step, "connect")
        for _step in range(9):
            connection.action_setup_next()
        self.assertEqual(connection.setup_step, "test")

    def test_only_an_administrator_looks(self):
        reader = self.env["meta.connection"].with_user(self.rep)
        with self.assertRaises(AccessError):
            reader.browse(self.connection.id).setup_look()

    def test_an_unusable_address_is_told_and_never_raised(self):
        self.env["ir.config_parameter"].set_param(
            "meta_crm_capi.graph_url", "ftp://example.com"
        )
        self.look("connect")
        self.assertIn("system parameter", self.words("connect"))
        self.look("dataset")
        self.assertIn("system parameter", self.words("dataset"))

    def test_nothing_that_it_shows_holds_a_secret(self):
        for step in STEPS:
            self.look(step)
        shown = str(self.connection.setup_steps)
        for secret in ("test-system-user-token", "test-app-secret", "test-page-token"):
            self.assertNotIn(secret, shown)


class TestSetupDataset(SetupCase):
    def test_a_token_that_works_is_green(self):
        self.look("dataset")
        self.assertEqual(self.states()["dataset"], "done")

    def test_a_token_that_may_only_send_is_settled_by_a_test_event(self):
        self.meta.add_token("own-token", "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = "own-token"
        self.look("dataset")
        self.assertEqual(self.states()["dataset"], "inconclusive")
        self.assertIn("first event will tell", self.words("dataset"))
        self.dataset._send_test("TEST1")
        self.assertEqual(self.states()["dataset"], "done")

    def test_an_answer_to_another_token_is_no_answer(self):
        self.look("dataset")
        self.dataset._send_test("TEST1")
        self.dataset.access_token = "another-token"
        self.assertEqual(self.states()["dataset"], "to_do")
        self.assertIn("no event", self.words("test"))

    def test_a_dataset_that_is_no_crms_needs_attention(self):
        self.meta.add_dataset("500000000000005", "Web shop", is_crm=False)
        self.meta.add_token(
            "other-token", "system_user", app_id=APP, dataset_ids=["500000000000005"]
        )
        self.dataset.write(
            {"meta_id": "500000000000005", "access_token": "other-token"}
        )
        self.look("dataset")
        self.assertEqual(self.states()["dataset"], "attention")

    def test_a_paused_dataset_is_broken_whatever_the_check_said(self):
        self.look("dataset")
        self.dataset._pause("Meta refuses the token.")
        self.assertEqual(self.states()["dataset"], "broken")
        self.assertIn("Meta refuses the token.", self.words("dataset"))

    def test_a_connection_that_only_sends_needs_no_app_and_no_page(self):
        connection = self.env["meta.connection"].create({"name": "Only sends"})
        self.meta.add_token("own-token", "send_only", dataset_ids=["500000000000009"])
        self.env["meta.capi.dataset"].create(
            {
                "name": "Own",
                "meta_id": "500000000000009",
                "connection_id": connection.id,
                "access_token": "own-token",
            }
        )
        states = {step["key"]: step["state"] for step in connection.setup_steps}
        self.assertEqual(
            (states["connect"], states["page"], states["form"]),
            ("done", "done", "done"),
        )
        self.assertEqual((states["dataset"], states["funnel"]), ("to_do", "to_do"))


class TestTestEvent(SetupCase):
    def send(self, code="TEST1"):
        wizard = (
            self.env["meta.capi.test.event"]
            .with_user(self.administrator)
            .create({"dataset_id": self.dataset.id, "code": code})
        )
        wizard.action_send()
        return wizard

    def sent(self):
        (event,) = self.meta.report()["events"]
        return event

    def test_it_carries_the_code_and_is_about_nobody(self):
        wizard = self.send(" TEST1 ")
        self.assertEqual(wizard.level, "ok")
        self.assertEqual(self.sent()["test_event_code"], "TEST1")
        self.assertEqual(self.sent()["event_name"], "initial_lead")
        self.assertIsNone(self.sent()["lead_id"])

    def test_it_is_about_a_test_lead_of_metas_where_there_is_one(self):
        self.make_lead("10000000000000055")
        meta_id = self.meta.create_lead(FORM, {"email": "test@meta.com"})
        self.make_submission(meta_id, is_test=True)
        self.make_lead("10000000000000077")
        self.send()
        self.assertEqual(self.sent()["lead_id"], meta_id)

    def test_without_a_code_nothing_is_sent(self):
        with self.assertRaises(UserError):
            self.send(" ")
        self.assertEqual(self.meta.report()["accepted"], 0)

    def test_a_code_that_is_none_is_refused_in_words(self):
        with self.assertRaisesRegex(UserError, "too long"):
            self.send("T" * 200)

    def test_metas_refusal_is_shown_with_its_cure(self):
        self.meta.revoke_token("test-system-user-token")
        wizard = self.send()
        self.assertEqual(wizard.level, "broken")
        self.assertTrue(wizard.words and wizard.cure)
        self.assertEqual(self.states()["test"], "broken")

    def test_no_answer_settles_nothing(self):
        self.meta.script_named("no_answer", EVENTS)
        wizard = self.send()
        self.assertEqual(wizard.level, "inconclusive")

    def test_it_is_in_the_sync_log_and_not_in_the_outbox(self):
        self.send()
        log = self.env["meta.sync.log"].search([("kind", "=", "events")], limit=1)
        self.assertEqual((log.dataset_id, log.event_count), (self.dataset, 1))
        self.assertFalse(self.dataset.event_ids)

    def test_a_standard_name_that_needs_a_value_gets_one(self):
        raw = self.dataset.rule_ids.filtered(lambda rule: rule.step == "raw_lead")
        raw.write({"value_source": "expected_revenue", "event_name": "Purchase"})
        self.assertEqual(self.send().level, "ok")

    def test_only_an_administrator_sends_one(self):
        with self.assertRaises(AccessError):
            self.env["meta.capi.test.event"].with_user(self.rep).create(
                {"dataset_id": self.dataset.id, "code": "TEST1"}
            )

    def test_a_lead_and_an_event_make_the_last_step_green(self):
        self.assertEqual(self.states()["test"], "to_do")
        self.make_lead("10000000000000055")
        self.connection._note_ping()
        self.look("test")
        self.send()
        self.assertEqual(self.states()["test"], "done")

    def test_a_parked_lead_is_told(self):
        self.make_submission("10000000000000056", state="parked", reason="No access.")
        self.assertIn("No access.", self.words("test"))


class TestSetupElsewhere(SetupCase):
    def test_empty_screens_lead_administrators_to_it(self):
        for model in ("meta.connection", "meta.capi.event", "meta.sync.log"):
            empty = self.env[model].with_user(self.administrator)
            self.assertIn("meta_setup_action", empty.get_empty_list_help("<p>No.</p>"))
            seen = self.env[model].with_user(self.rep).get_empty_list_help("<p>No.</p>")
            self.assertNotIn("meta_setup_action", seen)

    def test_the_settings_say_how_far_it_is(self):
        settings = self.env["res.config.settings"].create({})
        self.assertIn("Left: Connect", settings.meta_setup_words)
        for step in STEPS:
            self.look(step)
        settings = self.env["res.config.settings"].create({})
        self.assertNotIn("Connect", settings.meta_setup_words)

    def test_a_switch_of_the_settings_is_the_connections(self):
        settings = self.env["res.config.settings"].create({})
        self.assertFalse(settings.meta_send_at_once)
        settings.meta_send_at_once = True
        settings.set_values()
        self.assertTrue(self.connection.send_at_once)

    def test_saving_other_settings_leaves_switches_that_differ(self):
        other = self.connection.copy({"name": "Other", "send_at_once": True})
        settings = self.env["res.config.settings"].create({})
        settings.set_values()
        self.assertEqual(
            (self.connection.send_at_once, other.send_at_once), (False, True)
        )

    def test_lost_leads_are_switched_for_every_dataset(self):
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.meta_report_lost)
        settings.meta_report_lost = False
        settings.set_values()
        self.assertFalse(self.dataset.report_lost)


class TestFunnelComplaints(SetupCase):
    def rule(self, step, stage=None):
        return self.dataset.rule_ids.filtered(
            lambda rule: (
                rule.step == step
                and rule.stage_id == (stage or self.env["crm.stage"])
                and not rule.team_id
            )
        )

    def test_the_offered_mapping_is_sound(self):
        self.assertFalse(self.dataset.funnel_complaints)
        self.assertEqual(self.states()["funnel"], "done")

    def test_without_the_raw_lead_the_step_is_broken(self):
        self.rule("raw_lead").active = False
        self.assertEqual(self.states()["funnel"], "broken")
        self.assertIn("The raw lead is not reported", self.dataset.funnel_complaints)

    def test_a_gap_names_its_stages(self):
        self.rule("stage", self.qualified).active = False
        self.assertIn(f"“{self.qualified.name}”", self.dataset.funnel_complaints)
        self.assertEqual(self.states()["funnel"], "attention")

    def test_a_name_that_two_steps_share_is_told(self):
        self.rule("stage", self.proposition).event_name = "won"
        self.assertIn("are called “won”", self.dataset.funnel_complaints)

    def test_a_purchase_by_revenue_may_be_worth_nothing(self):
        won = self.rule("stage", self.won)
        won.write({"value_source": "expected_revenue", "event_name": "Purchase"})
        self.assertIn("“Purchase” needs a value", self.dataset.funnel_complaints)
        won.write({"value_source": "fixed", "fixed_value": 9})
        self.assertFalse(self.dataset.funnel_complaints)

    def test_what_only_one_team_lacks_is_told_of_that_team(self):
        team = self.env["crm.team"].create({"name": "Wholesale"})
        self.env["crm.stage"].create(
            {"name": "Sampled", "sequence": 2, "team_ids": [(4, team.id)]}
        )
        self.assertIn("Wholesale: Leads pass “Sampled”", self.dataset.funnel_complaints)

    def test_a_step_that_was_set_aside_is_broken(self):
        self.rule("stage", self.won).is_set_aside = True
        self.assertEqual(self.states()["funnel"], "broken")

    def test_without_a_mapping_the_step_is_still_to_do(self):
        self.dataset.rule_ids.unlink()
        self.assertEqual(self.states()["funnel"], "to_do")
        self.connection.with_user(self.administrator).action_setup_map()
        self.assertEqual(self.states()["funnel"], "done")
