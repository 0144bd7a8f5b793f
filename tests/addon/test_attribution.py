"""Campaign, source and medium: by Meta's ids, whatever people call them."""

from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import ValidationError
from odoo.tests import Form
from odoo.tools import mute_logger

from odoo.addons.meta_crm_capi.models import own_record, queue

from .way_in import IntakeCase

CAMPAIGN = "120200000000000013"


def ad(name="Spring", campaign_id=CAMPAIGN, **more):
    return {
        "ad_id": "120200000000000011",
        "ad_name": "Ad A",
        "adset_id": "120200000000000012",
        "adset_name": "Set A",
        "campaign_id": campaign_id,
        "campaign_name": name,
        **more,
    }


class TestCampaigns(IntakeCase):
    def campaigns(self):
        every = self.env["utm.campaign"].with_context(active_test=False)
        return every.search([("meta_id", "=", CAMPAIGN)])

    def test_a_campaign_that_is_renamed_at_meta_stays_one(self):
        first = self.come_in(ad=ad("Spring")).lead_id
        second = self.come_in(ad=ad("Spring 2027")).lead_id
        self.assertEqual(first.campaign_id, second.campaign_id)
        self.assertRecordValues(
            first.campaign_id,
            [{"title": "Spring", "name": "Spring", "meta_id": CAMPAIGN}],
        )

    def test_a_campaign_that_is_renamed_here_stays_one_and_keeps_its_name(self):
        campaign = self.come_in(ad=ad()).lead_id.campaign_id
        campaign.title = "Our spring"
        self.assertEqual(self.come_in(ad=ad()).lead_id.campaign_id, campaign)
        self.assertEqual(campaign.title, "Our spring")

    def test_an_archived_campaign_stays_the_one(self):
        campaign = self.come_in(ad=ad()).lead_id.campaign_id
        campaign.active = False
        self.assertEqual(self.come_in(ad=ad()).lead_id.campaign_id, campaign)
        self.assertFalse(campaign.active)

    def test_an_id_that_no_campaign_can_have_costs_no_lead(self):
        for name, given in (("Summer", "1" * 40), (None, "2" * 33)):
            row = self.come_in(ad=ad(name, given))
            self.assertEqual(row.state, "done", row.reason)
            self.assertEqual(row.lead_id.campaign_id.name or None, name)
            self.assertFalse(row.lead_id.campaign_id.meta_id)
            self.assertEqual(row.campaign_id, given)

    def test_two_campaigns_of_one_name_are_two(self):
        rows = self.announce(
            *(self.fill_in(ad=ad(campaign_id=f"12020000000000001{n}")) for n in (3, 4))
        )
        self.fetch()
        campaigns = rows.lead_id.campaign_id
        self.assertEqual(campaigns.mapped("title"), ["Spring", "Spring"])
        self.assertEqual(sorted(campaigns.mapped("name")), ["Spring", "Spring [2]"])

    def test_one_that_somebody_made_is_not_taken_for_its_name(self):
        for active in (True, False):
            own = self.env["utm.campaign"].create({"title": "Spring", "active": active})
            campaign = self.come_in(ad=ad()).lead_id.campaign_id
            self.assertNotEqual(campaign, own)
            self.assertRecordValues(
                own | campaign,
                [
                    {"title": "Spring", "name": "Spring", "meta_id": False},
                    {"title": "Spring", "name": "Spring [2]", "meta_id": CAMPAIGN},
                ],
            )
            (own | campaign).unlink()

    def test_one_that_somebody_gave_metas_id_is_taken(self):
        form = Form(self.env["utm.campaign"], view="utm.utm_campaign_view_form")
        form.title = "Our own"
        form.meta_id = f" {CAMPAIGN} "
        own = form.save()
        self.assertEqual(self.come_in(ad=ad()).lead_id.campaign_id, own)
        self.assertEqual(own.title, "Our own")

    def test_an_id_that_is_none_is_refused(self):
        for meta_id in ("Spring", "12 34", "../me", "-1", "１２３"):
            with self.subTest(meta_id), self.assertRaises(ValidationError):
                self.env["utm.campaign"].create({"title": "x", "meta_id": meta_id})

    @mute_logger("odoo.sql_db")
    def test_an_id_belongs_to_one_campaign_and_is_not_copied(self):
        campaign = self.come_in(ad=ad()).lead_id.campaign_id
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env["utm.campaign"].create({"title": "x", "meta_id": CAMPAIGN})
        self.assertFalse(campaign.copy({"title": "Copy"}).meta_id)
        # Two without any are no conflict.
        self.env["utm.campaign"].create([{"title": "a", "meta_id": ""}] * 2)

    def test_one_without_a_name_gets_it_when_meta_tells(self):
        nameless = ad()
        del nameless["campaign_name"]
        campaign = self.come_in(ad=nameless).lead_id.campaign_id
        self.assertEqual(campaign.title, f"Meta {CAMPAIGN}")
        self.come_in(ad=ad("Spring"))
        self.assertEqual(campaign.title, "Spring")
        self.come_in(ad=nameless)
        self.assertEqual(campaign.title, "Spring")
        self.assertEqual(self.campaigns(), campaign)

    def test_a_name_without_an_id_is_one_campaign_by_its_exact_name(self):
        other = self.env["utm.campaign"].create({"title": "SpringX"})
        given = {"ad_id": "120200000000000011", "campaign_name": "Spring_"}
        campaign = self.come_in(ad=given).lead_id.campaign_id
        self.assertEqual(campaign.title, "Spring_")
        self.assertNotEqual(campaign, other)
        self.assertEqual(self.come_in(ad=given).lead_id.campaign_id, campaign)

    @mute_logger("odoo.sql_db")
    def test_another_transaction_that_was_first_is_a_conflict_to_run_again(self):
        values = {"title": "x", "meta_id": CAMPAIGN}
        own_record.create(self.env["utm.campaign"], [values])
        with self.assertRaises(queue.Conflict) as caught:
            own_record.create(self.env["utm.campaign"], [values])
        self.assertTrue(queue.is_conflict(caught.exception))
        # Not our error, and no harm to the transaction.
        self.assertFalse(queue.is_conflict(ValueError()))
        self.assertEqual(len(self.campaigns()), 1)

    def test_a_conflict_costs_no_lead_its_place_nor_a_try(self):
        make = type(self.env["utm.campaign"])._find_or_create_of_meta
        calls = []

        def lose_the_first_time(campaigns, named):
            calls.append(named)
            if len(calls) == 1:
                raise queue.Conflict
            return make(campaigns, named)

        with patch.object(
            type(self.env["utm.campaign"]),
            "_find_or_create_of_meta",
            lose_the_first_time,
        ):
            row = self.come_in(ad=ad())
        self.assertEqual(len(calls), 2)
        self.assertEqual((row.state, row.tries), ("done", 1))
        self.assertEqual(len(self.reads(row.meta_id)), 1)


class TestSources(IntakeCase):
    def test_each_platform_has_its_source_however_it_is_called(self):
        facebook = self.env.ref("utm.utm_source_facebook")
        self.assertEqual(self.come_in().lead_id.source_id, facebook)
        instagram = self.come_in(platform="ig").lead_id.source_id
        self.assertEqual(instagram.name, "Instagram")
        facebook.name, instagram.name = "FB", "IG"
        self.assertEqual(self.come_in().lead_id.source_id, facebook)
        self.assertEqual(self.come_in(platform="ig").lead_id.source_id, instagram)

    def test_a_source_that_is_there_by_name_is_taken(self):
        self.env["utm.source"].search([("name", "=", "Instagram")]).unlink()
        own = self.env["utm.source"].create({"name": "Instagram"})
        self.assertEqual(self.come_in(platform="ig").lead_id.source_id, own)

    def test_what_somebody_deleted_is_made_anew(self):
        self.come_in(platform="ig").lead_id.source_id.unlink()
        for xml_id in (
            "utm.utm_source_facebook",
            "meta_crm_capi.utm_medium_paid_social",
        ):
            self.env.ref(xml_id).unlink()
        rows = self.announce(self.fill_in(), self.fill_in(platform="ig"))
        self.fetch()
        self.assertEqual(
            rows.lead_id.source_id.mapped("name"), ["Facebook", "Instagram"]
        )
        self.assertEqual(rows.lead_id.medium_id.mapped("name"), ["Paid social"])

    def test_an_archived_medium_serves_on(self):
        medium = self.env.ref("meta_crm_capi.utm_medium_organic_social")
        medium.active = False
        self.assertEqual(self.come_in(organic=True).lead_id.medium_id, medium)


class TestOnTheLead(IntakeCase):
    def attribution(self, lead):
        """What a salesperson reads, who may read no submission."""
        names = ("form_name", "platform", "reach", "campaign_name", "adset_name")
        fields = [f"meta_{name}" for name in (*names, "ad_name")]
        [values] = lead.with_user(self.rep).read(fields)
        return [values[field] for field in fields]

    def test_a_salesperson_sees_where_a_lead_came_from(self):
        self.page.user_id = self.rep
        self.assertEqual(
            self.attribution(self.come_in(ad=ad(), platform="ig").lead_id),
            ["Spring offer", "Instagram", "paid", "Spring", "Set A", "Ad A"],
        )
        meta_id = self.fill_in(organic=True, ad=False)
        organic = self.announce(meta_id, ad_id=None, adgroup_id=None)
        self.fetch()
        self.assertEqual(
            self.attribution(organic.lead_id),
            ["Spring offer", "Facebook", "organic", False, False, False],
        )

    def test_ids_stand_in_for_names_and_words_of_metas_stay(self):
        self.page.user_id = self.rep
        row = self.come_in(
            ad={"ad_id": "120200000000000011"}, platform="audience_network"
        )
        self.assertEqual(
            self.attribution(row.lead_id),
            [
                "Spring offer",
                "audience_network",
                "paid",
                False,
                False,
                "120200000000000011",
            ],
        )

    def test_of_several_submissions_the_newest_is_shown(self):
        self.page.write({"user_id": self.rep.id, "person_policy": "join"})
        answers = {"email": "ana@example.com"}
        lead = self.come_in(answers, ad=ad("Spring")).lead_id
        self.come_in(answers, ad=ad("Autumn", "120200000000000099"), platform="ig")
        self.assertEqual(len(lead.meta_submission_ids), 2)
        self.assertEqual(self.attribution(lead)[1:4], ["Instagram", "paid", "Autumn"])
        # What the lead was first attributed to stays.
        self.assertEqual(lead.campaign_id.meta_id, CAMPAIGN)

    def test_a_lead_that_never_came_from_meta_shows_nothing(self):
        lead = self.make_foreign_lead()
        self.assertFalse(any(self.attribution(lead)))
