"""From an ad that opens a chat to the sale that Meta hears of."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form

from odoo.addons.meta_crm_capi.protocol import messaging

from .chats import PSID, WABA
from .common import PAGE
from .delivery import HOUR
from .messaging import CHATS, INSTAGRAM, MESSENGER_CHATS, MessagingCase


class TestMessaging(MessagingCase):
    def test_a_chat_that_is_won_is_a_purchase_with_value_and_currency(self):
        lead = self.make_chat_lead()
        click = lead.meta_referral_ids.ctwa_clid
        lead.stage_id = self.qualified
        self.deliver()
        lead.write({"expected_revenue": 1234.5, "stage_id": self.won.id})
        self.deliver()
        self.assertEqual(
            self.outcomes(self.chats),
            [("LeadSubmitted", "counted", None), ("Purchase", "counted", None)],
        )
        submitted, purchase = self.sent_to(self.chats)
        self.assertNotIn("custom_data", submitted)
        self.assertEqual(
            purchase["custom_data"],
            {"value": 1234.5, "currency": self.company.currency_id.name},
        )
        for event in (submitted, purchase):
            self.assertEqual(event["action_source"], "business_messaging")
            self.assertEqual(event["messaging_channel"], "whatsapp")
            user = event["user_data"]
            self.assertEqual(user["whatsapp_business_account_id"], WABA)
            self.assertEqual(user["ctwa_clid"], click)
            self.assertIn("ph", user)
            self.assertNotIn("lead_id", user)
        self.assertEqual(
            self.events(lead), [("LeadSubmitted", "accepted"), ("Purchase", "accepted")]
        )
        self.assertFalse(self.sent_to(self.dataset))

    def test_a_chat_on_messenger_and_one_on_instagram_name_who_wrote_to_whom(self):
        for channel, account, meta_id, keys in (
            ("messenger", PAGE, MESSENGER_CHATS, {"page_id": PAGE}),
            (
                "instagram",
                INSTAGRAM,
                "500000000000011",
                {
                    "ig_account_id": INSTAGRAM,
                    "instagram_business_account_id": INSTAGRAM,
                },
            ),
        ):
            with self.subTest(channel):
                dataset = self.add_messaging(meta_id, account)
                lead = self.make_chat_lead(channel, account, person_id=PSID)
                lead.meta_referral_ids.account_id.dataset_id = dataset
                lead.stage_id = self.won
                self.deliver()
                self.assertEqual(
                    self.outcomes(dataset),
                    [("LeadSubmitted", "counted", None), ("Purchase", "counted", None)],
                )
                person = messaging.MESSAGING_PERSONS[channel]
                for event in self.sent_to(dataset):
                    told = {key: event["user_data"][key] for key in (*keys, person)}
                    self.assertEqual(told, {**keys, person: PSID})

    def test_that_somebody_wrote_is_told_only_where_it_is_mapped(self):
        self.assertEqual(self.events(self.make_chat_lead()), [])
        self.chats.rule_ids = [
            (0, 0, {"step": "raw_lead", "event_name": "ViewContent"})
        ]
        lead = self.make_chat_lead()
        self.assertEqual(self.queued(lead), ["ViewContent"])
        self.deliver()
        self.assertEqual(self.outcomes(self.chats), [("ViewContent", "counted", None)])

    def test_moves_back_and_steps_told_before_are_told_no_second_time(self):
        lead = self.make_chat_lead()
        for stage in (self.qualified, self.new, self.qualified, self.won, self.won):
            lead.stage_id = stage
            self.flush()
        self.assertEqual(self.queued(lead), ["LeadSubmitted", "Purchase"])
        self.assertEqual(len(self.reasons(lead)), 2)

    def test_a_chat_that_another_program_knows_counts_from_its_next_move_on(self):
        lead = self.make_foreign_lead()
        chat = self.meta.create_chat("whatsapp", WABA, ad_id="120200000000000001")
        lead.with_user(self.administrator).add_meta_chat(
            "whatsapp", WABA, chat["person_id"]
        )
        self.flush()
        self.assertEqual(self.events(lead), [])
        with self.moment(self.now):
            lead.stage_id = self.won
        self.assertEqual(self.queued(lead), ["LeadSubmitted", "Purchase"])
        row = lead.meta_submission_ids
        self.assertEqual(
            (row.origin, row.state, row.meta_id), ("message", "done", False)
        )
        # Said once more, nothing is added.
        lead.with_user(self.administrator).add_meta_chat(
            "whatsapp", WABA, chat["person_id"]
        )
        self.assertEqual(lead.meta_submission_ids, row)

    def test_only_the_channels_ids_are_sent_where_nothing_else_may_be(self):
        self.chats.customer_data = "lead_id"
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.deliver()
        (event,) = self.sent_to(self.chats)
        self.assertEqual(
            sorted(event["user_data"]), ["ctwa_clid", "whatsapp_business_account_id"]
        )

    def test_the_switches_of_customer_keys_and_limited_data_use_hold(self):
        self.chats.write({"send_ph": False, "limited_data_use": "geolocate"})
        lead = self.make_chat_lead()
        lead.write({"email_from": "ana@example.com", "stage_id": self.qualified.id})
        self.deliver()
        (event,) = self.sent_to(self.chats)
        self.assertIn("em", event["user_data"])
        self.assertNotIn("ph", event["user_data"])
        self.assertEqual(event["data_processing_options"], ["LDU"])

    def test_what_a_browser_told_never_goes_with_a_chat(self):
        lead = self.make_chat_lead()
        lead.write(
            {
                "meta_fbc": "fb.1.1554763741205.AbCdEf",
                "meta_client_user_agent": "Mozilla/5.0",
                "stage_id": self.qualified.id,
            }
        )
        self.deliver()
        (event,) = self.sent_to(self.chats)
        self.assertTrue({"fbc", "client_user_agent"}.isdisjoint(event["user_data"]))


class TestTwoClicks(MessagingCase):
    """Somebody who clicks two ads buys once: Meta would count a step of each chat."""

    PHONE = "4915112345678"

    def click(self):
        """The same person clicks an ad and writes."""
        referral = self.open_chat(phone=self.PHONE)
        referral._settle(may_create=True)
        self.flush()
        return referral

    def setUp(self):
        super().setUp()
        self.first = self.click()
        self.lead = self.first.lead_id
        self.lead.write({"type": "opportunity", "team_id": self.team.id})
        self.flush()

    def test_a_sale_is_told_once_and_of_the_newest_chat(self):
        second = self.click()
        self.assertEqual(second.lead_id, self.lead)
        self.lead.stage_id = self.won
        self.deliver()
        told = self.sent_to(self.chats)
        self.assertEqual(
            [(event["event_name"], event["user_data"]["ctwa_clid"]) for event in told],
            [("LeadSubmitted", second.ctwa_clid), ("Purchase", second.ctwa_clid)],
        )

    def test_what_an_earlier_chat_reported_is_not_told_again(self):
        self.lead.stage_id = self.qualified
        self.deliver()
        second = self.click()
        self.lead.stage_id = self.won
        self.deliver()
        told = self.sent_to(self.chats)
        self.assertEqual(
            [(event["event_name"], event["user_data"]["ctwa_clid"]) for event in told],
            [
                ("LeadSubmitted", self.first.ctwa_clid),
                ("Purchase", second.ctwa_clid),
            ],
        )
        self.lead.stage_id = self.qualified
        self.lead.stage_id = self.won
        self.deliver()
        self.assertEqual(len(self.sent_to(self.chats)), 2)

    def test_merged_leads_of_two_chats_sell_once_too(self):
        other = self.make_chat_lead(phone="4915100000000")
        self.lead.stage_id = self.qualified
        self.flush()
        (self.lead + other).merge_opportunity()
        lead = (self.lead + other).exists()
        lead.stage_id = self.won
        self.deliver()
        names = [event["event_name"] for event in self.sent_to(self.chats)]
        self.assertEqual(names, ["LeadSubmitted", "Purchase"])

    def test_chats_of_two_accounts_report_to_each_dataset(self):
        dataset = self.add_messaging(MESSENGER_CHATS, PAGE)
        self.first.account_id.dataset_id = self.chats
        chat = self.open_chat("messenger", PAGE, person_id=PSID)
        chat.account_id.dataset_id = dataset
        self.lead._collect_arrivals(chat._give_lead(self.lead))
        self.lead.stage_id = self.won
        self.deliver()
        for each in (self.chats, dataset):
            names = [event["event_name"] for event in self.sent_to(each)]
            self.assertEqual(names, ["LeadSubmitted", "Purchase"])

    def test_a_dry_run_counts_each_step_of_the_lead_once(self):
        self.click()
        self.lead.stage_id = self.qualified
        self.flush()
        steps = self.env["meta.capi.dataset"].get_dry_run(self.chats.id, 30)["steps"]
        sent = {
            step["lines"][0]["event_name"]: step["sent"]
            for step in steps
            if step["sent"]
        }
        self.assertEqual(sent, {"LeadSubmitted": 1})

    def test_a_look_back_reports_for_the_newest_alone(self):
        second = self.click()
        self.lead.stage_id = self.won
        self.flush()
        # As if no dataset had been there.
        self.env.cr.execute("DELETE FROM meta_capi_event")
        self.env.invalidate_all()
        self.lead.with_user(self.administrator).action_plan_backfill()
        plan = self.env["meta.capi.backfill"].search([], limit=1)
        lines = plan.line_ids.filtered(lambda line: line.kind == "send")
        self.assertEqual(lines.submission_id, second.submission_ids)


class TestCost(MessagingCase):
    """What a salesperson's save costs, in statements."""

    def cost(self, lead):
        before = self.env.cr.sql_log_count
        lead.stage_id = self.qualified
        self.flush()
        return self.env.cr.sql_log_count - before

    def measure(self):
        """Of a lead from elsewhere, and of one of Meta's forms."""
        self.env["meta.capi.rule"]._get_funnels()
        costs = []
        for lead in (self.make_foreign_lead(), self.make_known_lead()):
            self.env.invalidate_all()
            costs.append(self.cost(lead))
        return costs

    def test_a_dataset_of_chats_costs_other_leads_no_statement(self):
        self.measure()
        with_chats = self.measure()
        self.chats.active = False
        self.flush()
        self.measure()
        self.assertEqual(self.measure(), with_chats)


class TestRouting(MessagingCase):
    def test_leads_of_forms_and_chats_never_meet(self):
        form_lead, chat_lead = self.make_known_lead(), self.make_chat_lead()
        (form_lead + chat_lead).stage_id = self.won
        self.flush()
        self.assertEqual(self.event_rows(form_lead).dataset_id, self.dataset)
        self.assertEqual(self.event_rows(chat_lead).dataset_id, self.chats)

    def test_without_a_messaging_dataset_the_reason_says_so(self):
        self.chats.active = False
        lead = self.make_chat_lead()
        lead.stage_id = self.won
        row = self.event_rows(lead)[-1]
        self.assertEqual(row.state, "not_sent")
        self.assertIn("No messaging dataset", row.reason)
        self.assertIn("Messaging", row.cure)
        self.assertFalse(row.dataset_id)

    def test_of_two_the_account_must_name_one(self):
        other = self.add_messaging(MESSENGER_CHATS, PAGE)
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.flush()
        self.assertIn("No messaging dataset", self.reasons(lead)[-1])
        lead.meta_referral_ids.account_id.dataset_id = other
        lead.stage_id = self.won
        self.flush()
        row = self.event_rows(lead)[-1]
        self.assertEqual((row.dataset_id, row.state), (other, "queued"))

    def test_a_chat_without_a_click_is_told_to_nobody_and_says_why(self):
        referral = self.open_chat()
        referral.ctwa_clid = False
        referral._settle(may_create=True)
        self.flush()
        referral.lead_id.stage_id = self.won
        self.assertIn("cannot recognise this chat", self.reasons(referral.lead_id)[-1])
        self.assertEqual(self.queued(referral.lead_id), [])
        # Its form opens, and has no body to show.
        row = self.event_rows(referral.lead_id)[-1]
        self.assertFalse(row.shown_body)

    def test_a_form_or_page_cannot_report_to_a_dataset_of_chats(self):
        for record in (self.form, self.page):
            with self.refused(ValidationError, "counts chats"):
                record.dataset_id = self.chats
        account = self.open_chat().account_id
        with self.refused(ValidationError, "counts leads of forms"):
            account.dataset_id = self.dataset

    def test_an_account_cannot_report_to_another_companys_dataset(self):
        reader = self.make_reader_elsewhere()
        foreign = self.connection.copy({"company_id": reader.company_id.id})
        dataset = self.chats.copy(
            {
                "meta_id": "500000000000012",
                "connection_id": foreign.id,
                "company_id": reader.company_id.id,
            }
        )
        account = self.open_chat().account_id
        with self.assertRaises(UserError):
            account.dataset_id = dataset
        # Nor by being another company's only one.
        self.chats.active = False
        lead = self.make_chat_lead()
        self.assertIn("No messaging dataset", self.reasons(lead)[-1])

    def test_who_said_no_is_not_told_of_and_what_waits_is_cancelled(self):
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.flush()
        lead.meta_consent = "no"
        self.flush()
        self.assertEqual(self.events(lead), [("LeadSubmitted", "cancelled")])
        lead.stage_id = self.won
        self.flush()
        self.assertIn("No consent", self.reasons(lead)[-1])

    def test_consent_withdrawn_while_it_is_taken_stops_the_request(self):
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified

        def object_(env):
            env.cr.execute(
                "UPDATE crm_lead SET meta_consent = 'no' WHERE id = %s", [lead.id]
            )

        self.before("_renew", object_)
        self.deliver()
        self.assertFalse(self.posts())

    def test_an_erased_lead_forgets_who_wrote_and_its_queue(self):
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.flush()
        row, referral = self.event_rows(lead), lead.meta_referral_ids
        submission = lead.meta_submission_ids
        lead.unlink()
        self.assertEqual((row.state, row.body), ("cancelled", False))
        self.assertEqual((submission.state, referral.state), ("erased", "erased"))
        self.assertFalse(referral.ctwa_clid or submission.lead_id)
        self.deliver()
        self.assertFalse(self.posts())

    def test_an_erased_chat_takes_its_events_along_and_leaves_the_lead(self):
        lead = self.make_chat_lead()
        lead.stage_id = self.qualified
        self.flush()
        row, referral = self.event_rows(lead), lead.meta_referral_ids
        referral.with_user(self.administrator).action_erase()
        self.assertEqual(row.state, "cancelled")
        self.assertTrue(lead.exists())
        self.assertFalse(lead.meta_submission_ids)

    def test_a_merged_lead_reports_each_origin_to_its_own_dataset(self):
        form_lead, chat_lead = self.make_known_lead(), self.make_chat_lead()
        (form_lead + chat_lead).merge_opportunity()
        lead = (form_lead + chat_lead).exists()
        self.assertEqual(len(lead.meta_submission_ids), 2)
        self.assertEqual(len(lead.meta_referral_ids), 1)
        self.flush()
        lead.stage_id = self.won
        rows = self.event_rows(lead).filtered(lambda row: row.stage_id == self.won)
        self.assertEqual(
            {(row.dataset_id, row.event_name) for row in rows},
            {(self.dataset, "won"), (self.chats, "Purchase")},
        )
        self.deliver()
        self.assertEqual(set(rows.mapped("state")), {"accepted"})


class TestMapping(MessagingCase):
    def test_the_pipeline_is_offered_as_qualified_and_won(self):
        self.assertRecordValues(
            self.chats.rule_ids.sorted("stage_sequence"),
            [
                {
                    "stage_id": self.qualified.id,
                    "event_name": "LeadSubmitted",
                    "value_source": "none",
                },
                {
                    "stage_id": self.won.id,
                    "event_name": "Purchase",
                    "value_source": "expected_revenue",
                },
            ],
        )
        self.chats.action_map_pipeline()
        self.assertEqual(len(self.chats.rule_ids), 2)

    def test_no_name_can_be_saved_that_meta_refuses(self):
        rule = self.chats.rule_ids[:1]
        for name in ("Lead", "qualified", "lead_submitted", "LEADSUBMITTED"):
            with self.refused(ValidationError, "LeadSubmitted"):
                rule.event_name = name
            with self.assertRaises(ValidationError):
                rule.create(
                    {
                        "dataset_id": self.chats.id,
                        "step": "lost",
                        "event_name": name,
                    }
                )
        for name in messaging.EVENTS:
            rule.write({"event_name": name, "value_source": "expected_revenue"})

    def test_the_choice_writes_the_name(self):
        rule = self.chats.rule_ids[:1]
        self.assertEqual(rule.messaging_name, "LeadSubmitted")
        rule.with_user(self.administrator).messaging_name = "QualifiedLead"
        self.assertEqual(rule.event_name, "QualifiedLead")
        with (
            Form(self.chats.with_user(self.administrator)) as form,
            form.rule_ids.new() as line,
        ):
            line.step = "lost"
            line.messaging_name = "CartAbandoned"
        self.assertIn("CartAbandoned", self.chats.rule_ids.mapped("event_name"))

    def test_a_line_moved_to_a_dataset_of_chats_must_fit(self):
        with self.assertRaises(ValidationError):
            self.dataset.rule_ids[:1].dataset_id = self.chats

    def test_a_purchase_needs_a_value(self):
        rule = self.chats.rule_ids.filtered(lambda rule: rule.event_name == "Purchase")
        with self.assertRaises(ValidationError):
            rule.value_source = "none"

    def test_the_kind_stays_once_there_are_events(self):
        fresh = self.add_messaging("500000000000013", WABA)
        fresh.rule_ids.unlink()
        fresh.write({"kind": "crm", "active": False})
        lead = self.make_known_lead()
        self.assertTrue(self.event_rows(lead))
        with self.refused(ValidationError, "cannot be changed"):
            self.dataset.kind = "messaging"

    def test_the_kind_must_fit_lines_and_what_reports_there(self):
        with self.refused(ValidationError, "Choose one of"):
            self.dataset.kind = "messaging"
        self.dataset.rule_ids.unlink()
        self.form.dataset_id = self.dataset
        with self.refused(ValidationError, "Spring offer"):
            self.dataset.kind = "messaging"

    def test_no_test_event_goes_to_a_dataset_of_chats(self):
        with self.refused(UserError, "real chats"):
            self.chats.with_user(self.administrator).action_test()

    def test_the_mapping_of_chats_is_not_judged_as_that_of_forms(self):
        self.assertFalse(self.chats.funnel_complaints)
        self.chats.rule_ids.write({"active": False})
        self.assertTrue(self.chats.funnel_complaints)

    def test_the_funnel_board_maps_by_the_names_of_chats(self):
        self.chats.rule_ids.unlink()
        self.chats.map_step("stage", self.won.id)
        self.chats.map_step("stage", self.qualified.id)
        self.assertEqual(
            sorted(self.chats.rule_ids.mapped("event_name")),
            ["LeadSubmitted", "Purchase"],
        )
        with self.refused(ValidationError, "already"):
            self.chats.map_step("stage", self.proposition.id)

    def test_a_replaced_dataset_hands_its_accounts_and_its_queue_on(self):
        lead = self.make_chat_lead()
        account = lead.meta_referral_ids.account_id
        account.dataset_id = self.chats
        lead.stage_id = self.qualified
        self.flush()
        self.meta.add_dataset("500000000000014", "New", account_id=WABA)
        wizard = self.env["meta.capi.dataset.change"].create(
            {
                "dataset_id": self.chats.id,
                "meta_id": "500000000000014",
                "is_confirmed": True,
            }
        )
        wizard.action_change()
        successor = self.chats.successor_id
        self.assertEqual((successor.kind, successor.batch_size), ("messaging", 50))
        self.assertEqual(account.dataset_id, successor)
        old, new = self.event_rows(lead)
        self.assertEqual((old.state, new.state), ("cancelled", "queued"))
        self.assertNotEqual(old.event_id, new.event_id)

    def test_a_dataset_is_not_replaced_by_one_of_the_other_kind(self):
        wizard = self.env["meta.capi.dataset.change"].create(
            {"dataset_id": self.dataset.id, "meta_id": CHATS, "is_confirmed": True}
        )
        with self.refused(UserError, "other kind"):
            wizard.action_change()


class TestElsewhere(MessagingCase):
    """What is about leads of forms alone does not see chats."""

    def test_a_chats_lead_has_no_meta_lead_id(self):
        lead, form_lead = self.make_chat_lead(), self.make_known_lead()
        leads = self.env["crm.lead"]
        self.assertFalse(lead.meta_lead_id)
        of_forms = leads.search([("meta_lead_id", "!=", False)])
        self.assertIn(form_lead, of_forms)
        self.assertNotIn(lead, of_forms)
        self.assertIn(lead, leads.search([("meta_lead_id", "=", False)]))
        # The one of its form, though the chat is newer.
        lead.meta_submission_ids.submitted_at = self.now
        meta_id = form_lead.meta_lead_id
        (lead + form_lead).merge_opportunity()
        self.assertEqual((lead + form_lead).exists().meta_lead_id, meta_id)

    def test_chats_are_named_by_their_channel(self):
        row = self.make_chat_lead().meta_submission_ids
        self.assertEqual(row.display_name, "WhatsApp chat")
        lead = row.lead_id
        self.assertEqual((lead.meta_platform, lead.meta_reach), ("WhatsApp", "paid"))

    def test_each_dataset_counts_its_own_leads(self):
        chat = self.make_chat_lead().meta_submission_ids
        form = self.make_known_lead().meta_submission_ids
        since = self.now - 2 * HOUR
        submissions = self.env["meta.lead.submission"]
        for dataset, own in ((self.chats, chat), (self.dataset, form)):
            found = submissions.search(dataset._get_leads_domain(since))
            self.assertEqual(found & (chat + form), own)

    def test_a_dry_run_of_chats_says_what_would_be_sent(self):
        self.make_chat_lead().stage_id = self.qualified
        self.flush()
        result = self.env["meta.capi.dataset"].get_dry_run(self.chats.id, 30)
        sent = {
            step["lines"][0]["event_name"]: step["sent"]
            for step in result["steps"]
            if step["sent"]
        }
        self.assertEqual(sent, {"LeadSubmitted": 1})

    def test_the_funnel_doctor_is_for_forms(self):
        screen = self.env["meta.capi.dataset"].get_funnel_doctor()
        names = [dataset["name"] for dataset in screen["datasets"]]
        self.assertIn(self.dataset.name, names)
        self.assertNotIn(self.chats.name, names)

    def test_the_report_of_a_person_tells_of_chats(self):
        lead = self.make_chat_lead()
        lead.write({"email_from": "ana@example.com", "stage_id": self.qualified.id})
        self.deliver()
        other = self.make_known_lead()
        report = self.env["report.meta_crm_capi.report_meta_person"]
        values = report.with_user(self.administrator)._get_report_values(other.ids)
        self.assertIn(lead, values["persons"][other.id]["other_leads"])
        html = self.env["ir.actions.report"]._render_qweb_html(
            "meta_crm_capi.action_report_meta_person", lead.ids
        )[0]
        self.assertIn(b"WhatsApp chat", html)
        self.assertIn(b"LeadSubmitted", html)
