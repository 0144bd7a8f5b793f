"""Who may do what: a sales rep nothing of Meta's, a Meta user reads, few may write."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .chats import whatsapp
from .way_in import WayInCase

MODELS = (
    "meta.connection",
    "meta.lead.page",
    "meta.lead.form",
    "meta.lead.question",
    "meta.lead.submission",
    "meta.capi.dataset",
    "meta.capi.rule",
    "meta.capi.event",
    "meta.sync.log",
    "meta.health.finding",
    "meta.webhook.refusal",
    "meta.lead.referral",
    "meta.capi.quality",
)
#: What Meta did or was told: nobody writes it by hand.
RECORDS = (
    "meta.lead.submission",
    "meta.capi.event",
    "meta.sync.log",
    "meta.health.finding",
    "meta.webhook.refusal",
    "meta.lead.referral",
    "meta.capi.quality",
)
SETTINGS = tuple(model for model in MODELS if model not in RECORDS)
#: Every button; those of the last three models are tried with the rows they are for.
BUTTONS = {
    "meta.connection": (
        "action_check",
        "action_load_pages",
        "action_renew_webhook_path",
        "action_setup_back",
        "action_setup_check",
        "action_setup_load_forms",
        "action_setup_map",
        "action_setup_next",
        "action_setup_subscribe",
        "action_setup_this",
    ),
    "meta.lead.page": (
        "action_subscribe",
        "action_unsubscribe",
        "action_load_forms",
        "action_catch_up",
        "action_check",
        "action_resume",
    ),
    "meta.lead.form": ("action_mapping_done",),
    "meta.capi.dataset": (
        "action_check",
        "action_resume",
        "action_stop",
        "action_map_pipeline",
        "action_read_quality",
    ),
    "meta.lead.submission": ("action_try_again", "action_leave_out"),
    "meta.capi.event": ("action_send_again", "action_cancel"),
    "meta.lead.referral": ("action_settle", "action_erase"),
}


class SecurityCase(WayInCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = new_test_user(
            cls.env, "meta-reader", groups="meta_crm_capi.group_meta_user"
        )
        # Without it, any export is refused before it comes to ours.
        for user in cls.rep | cls.reader:
            user.group_ids += cls.env.ref("base.group_allow_export")
        cls.question = cls.env["meta.lead.question"].create(
            {"form_id": cls.form.id, "key": "full_name"}
        )

    def setUp(self):
        super().setUp()
        self.lead = self.make_lead("10000000000000077")
        submission = self.lead.meta_submission_ids
        self.samples = {
            "meta.connection": self.connection,
            "meta.lead.page": self.page,
            "meta.lead.form": self.form,
            "meta.lead.question": self.question,
            "meta.lead.submission": submission,
            "meta.capi.dataset": self.dataset,
            "meta.capi.rule": self.dataset.rule_ids[0],
            "meta.capi.event": submission.event_ids,
            "meta.sync.log": self.log._add_incoming(
                "webhook", "accepted", self.connection, 1
            ),
            "meta.health.finding": self.env["meta.health.finding"].create(
                {
                    "connection_id": self.connection.id,
                    "page_id": self.page.id,
                    "kind": "terms",
                    "level": "ok",
                }
            ),
            "meta.webhook.refusal": self.env["meta.webhook.refusal"].create(
                {
                    "connection_id": self.connection.id,
                    "refused_count": 1,
                    "since": self.now,
                    "refused_at": self.now,
                }
            ),
            "meta.lead.referral": self.take_chat(),
            "meta.capi.quality": self.env["meta.capi.quality"].create(
                {"dataset_id": self.dataset.id, "day": self.now.date()}
            ),
        }
        self.assertTrue(all(self.samples.values()))
        self.env.flush_all()

    def take_chat(self):
        """Somebody wrote from an ad."""
        self.connection._receive(whatsapp())
        return self.env["meta.lead.referral"].search([], limit=1)

    def each(self, *models):
        for model in models or MODELS:
            with self.subTest(model=model):
                self.env.invalidate_all()
                yield self.samples[model]

    def assertDenied(self, call, *arguments):
        with (
            mute_logger("odoo.addons.base.models.ir_model"),
            self.assertRaises(AccessError),
        ):
            call(*arguments)
            self.env.flush_all()


class TestSalesRep(SecurityCase):
    def test_a_rep_has_no_right_on_any_model_of_meta(self):
        for sample in self.each():
            record = sample.with_user(self.rep)
            model = record.browse()
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(model.has_access(operation), operation)
            for call, *arguments in (
                (record.read, ["display_name"]),
                (record.web_read, {"display_name": {}}),
                (model.search, []),
                (model.search_count, []),
                (model.search_read, [], ["id"]),
                (model.web_search_read, [], {"id": {}}),
                (model.name_search, ""),
                (model.formatted_read_group, [], [], ["__count"]),
                (record.export_data, ["id", "display_name"]),
                (record.write, {"company_id": self.company.id}),
                (record.unlink,),
                (model.create, {}),
                (record.web_save, {"company_id": self.company.id}, {}),
                (record.copy,),
            ):
                self.assertDenied(call, *arguments)

    def test_a_rep_presses_no_button_of_meta(self):
        for model, names in BUTTONS.items():
            record = self.samples[model].with_user(self.rep)
            for name in names:
                with self.subTest(model=model, button=name):
                    self.assertDenied(getattr(record, name))
        self.assertEqual(self.meta.requests(), [])

    def test_a_rep_reads_and_searches_the_meta_lead_id(self):
        lead = self.lead.with_user(self.rep)
        self.assertEqual(lead.meta_lead_id, "10000000000000077")
        self.assertEqual(
            lead.read(["meta_lead_id"])[0]["meta_lead_id"], "10000000000000077"
        )
        leads = lead.browse()
        self.assertEqual(
            leads.search([("meta_lead_id", "=", "10000000000000077")]), lead
        )
        self.assertEqual(leads.search([("meta_lead_id", "ilike", "0000077")]), lead)
        self.assertIn(lead, leads.search([("meta_lead_id", "!=", False)]))
        self.assertNotIn(lead, leads.search([("meta_lead_id", "=", False)]))
        self.assertNotIn(
            lead, leads.search([("meta_lead_id", "!=", "10000000000000077")])
        )

    def test_a_rep_finds_by_the_id_no_lead_that_he_may_not_see(self):
        hidden = self.make_lead("10000000000000078", user_id=self.administrator.id)
        found = self.env["crm.lead"].with_user(self.rep)
        domain = [("meta_lead_id", "=", hidden.meta_lead_id)]
        self.assertFalse(found.search(domain))

    def test_a_reps_lead_views_show_no_more_than_id_consent_ad_and_the_icon(self):
        leads = self.env["crm.lead"].with_user(self.rep)
        views = leads.get_views(
            [(False, kind) for kind in ("form", "list", "kanban", "search")]
        )
        shown = set()
        for view in views["views"].values():
            arch = etree.fromstring(view["arch"])
            shown |= {
                node.get("name")
                for node in arch.iter("field")
                if "meta" in node.get("name")
            }
            buttons = {node.get("name") for node in arch.iter("button")}
            self.assertNotIn("action_open_meta_events", buttons)
        # What the customer said is the rep's to note.
        shown -= {"meta_lead_id", "meta_consent", "meta_effective_consent"}
        ad = {f"meta_{name}_name" for name in ("form", "campaign", "adset", "ad")}
        more = {"meta_platform", "meta_reach", "meta_duplicate_of_id"}
        chat = {"meta_channel", "meta_chat_at"}
        self.assertEqual(shown, {*ad, *more, *chat, "meta_sync_state"})
        described = views["models"]["crm.lead"]["fields"]
        self.assertNotIn("meta_submission_ids", described)
        self.assertNotIn("meta_event_ids", described)

    def test_a_rep_reads_no_relation_to_meta(self):
        lead = self.lead.with_user(self.rep)
        for name in ("meta_submission_ids", "meta_event_ids"):
            with self.subTest(field=name):
                self.assertDenied(lead.read, [name])
                self.assertNotIn(name, lead.fields_get())
                self.assertDenied(lead.search, [(f"{name}.state", "=", "done")])

    def test_a_rep_sees_no_menu_of_meta(self):
        def names(user):
            menus = self.env["ir.ui.menu"].with_user(user)
            seen = menus.browse(menus._visible_menu_ids())
            return {name.split(".")[0] for name in seen.get_external_id().values()}

        self.assertIn("crm", names(self.rep))
        self.assertNotIn("meta_crm_capi", names(self.rep))
        self.assertIn("meta_crm_capi", names(self.administrator))

    def test_a_rep_cannot_give_a_lead_a_meta_lead_id(self):
        lead = self.make_foreign_lead().with_user(self.rep)
        self.assertDenied(lead.write, {"meta_lead_id": "10000000000000079"})
        self.assertDenied(
            lead.create, {"name": "New", "meta_lead_id": "10000000000000079"}
        )
        self.assertFalse(self.find("10000000000000079"))


class TestMetaUser(SecurityCase):
    def test_a_meta_user_reads_everything_and_writes_nothing(self):
        for sample in self.each():
            record = sample.with_user(self.reader)
            self.assertTrue(record.read(["display_name"]))
            self.assertIn(record, record.search([]))
            for call, *arguments in (
                (record.write, {"company_id": self.company.id}),
                (record.unlink,),
                (record.browse().create, {}),
            ):
                self.assertDenied(call, *arguments)

    def test_a_meta_user_presses_no_button_that_changes_or_calls(self):
        for model, names in BUTTONS.items():
            record = self.samples[model].with_user(self.reader)
            for name in names:
                with self.subTest(model=model, button=name):
                    self.assertDenied(getattr(record, name))
        self.assertEqual(self.meta.requests(), [])

    def test_the_way_to_the_webhook_is_for_administrators_only(self):
        names = ("callback_url", "verify_token", "webhook_path", "app_secret")
        connection = self.connection.with_user(self.reader)
        for name in names:
            with self.subTest(field=name):
                self.assertDenied(connection.read, [name])
                self.assertNotIn(name, connection.fields_get())
                self.assertNotIn(name, connection.read()[0])
                self.assertDenied(connection.search, [(name, "!=", False)])
                self.assertDenied(connection.export_data, ["id", name])
        self.assertTrue(self.connection.with_user(self.administrator).read(list(names)))

    def test_what_a_person_answered_is_for_administrators_only(self):
        row = self.lead.meta_submission_ids
        for name in ("answers", "notification"):
            with self.subTest(field=name):
                self.assertDenied(row.with_user(self.reader).read, [name])
                self.assertNotIn(name, row.with_user(self.reader).read()[0])
                self.assertTrue(row.with_user(self.administrator).read([name]))

    def test_a_meta_user_sees_on_a_lead_what_meta_got(self):
        self.lead.user_id = self.reader
        lead = self.lead.with_user(self.reader)
        self.assertTrue(lead.meta_submission_ids.event_ids)
        self.assertEqual(lead.meta_event_count, 1)
        views = lead.get_views([(False, "form")])
        self.assertIn("meta", views["views"]["form"]["arch"])


class TestAdministrators(SecurityCase):
    def almighty(self):
        return new_test_user(
            self.env,
            "almighty",
            groups="base.group_system,meta_crm_capi.group_meta_administrator",
        )

    def test_nobody_writes_by_hand_what_meta_did_or_was_told(self):
        for user in (self.administrator, self.almighty()):
            for sample in self.each(*RECORDS):
                record = sample.with_user(user)
                values = {"company_id": self.company.id}
                self.assertDenied(record.browse().create, values)
                self.assertDenied(record.write, values)
                self.assertDenied(record.web_save, values, {})
                self.assertDenied(record.unlink)
                self.assertDenied(record.copy)

    def test_not_even_full_rights_delete_a_submission_or_an_event(self):
        for sample in self.each("meta.lead.submission", "meta.capi.event"):
            with self.assertRaises(UserError):
                sample.sudo().unlink()

    def test_an_administrator_of_meta_works_the_settings(self):
        for sample in self.each(*SETTINGS):
            record = sample.with_user(self.administrator)
            for operation in ("read", "write", "create", "unlink"):
                self.assertTrue(record.has_access(operation))

    def test_an_administrator_sets_everything_up_with_no_other_right(self):
        env = self.env(user=self.administrator)
        connection = env["meta.connection"].create(
            {"app_id": " 1000000000000009 ", "app_secret": "s", "access_token": "t"}
        )
        self.assertEqual(connection.app_id, "1000000000000009")
        page = env["meta.lead.page"].create(
            {
                "name": "P",
                "meta_id": "110000000000009",
                "connection_id": connection.id,
                "access_token": "t",
            }
        )
        form = env["meta.lead.form"].create(
            {
                "name": "F",
                "meta_id": "220000000000009",
                "page_id": page.id,
                "question_ids": [Command.create({"key": "email", "type": "EMAIL"})],
            }
        )
        self.assertEqual(form.question_ids.field_id.name, "email_from")
        dataset = env["meta.capi.dataset"].create(
            {
                "name": "D",
                "meta_id": "500000000000009",
                "connection_id": connection.id,
            }
        )
        dataset.action_map_pipeline()
        self.assertTrue(dataset.rule_ids)
        dataset.action_stop()
        dataset.action_resume()
        self.assertEqual(dataset.state, "active")
        page.action_resume()
        connection.action_renew_webhook_path()

    def test_a_system_administrator_without_the_group_gets_nothing(self):
        system = new_test_user(self.env, "system", groups="base.group_system")
        for sample in self.each():
            self.assertDenied(sample.with_user(system).read, ["display_name"])

    def test_a_parked_submission_can_be_opened_and_tried_again(self):
        row = self.announce("3300000000000011")
        row._park("Because.")
        row = row.with_user(self.administrator)
        self.assertTrue(row.read())
        row.action_try_again()
        self.assertEqual(row.state, "received")

    def test_ids_are_digits_and_nothing_else(self):
        connection = self.connection.with_user(self.administrator)
        for bad in ("12a", "1/../2", "1?x=1", "١٢٣", "1 2", "9" * 40):
            with self.subTest(bad=bad):
                for record in (self.page, self.form, self.dataset):
                    with self.assertRaises(UserError):
                        record.with_user(self.administrator).meta_id = bad
                with self.assertRaises(UserError):
                    connection.app_id = bad
