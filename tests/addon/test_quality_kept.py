"""How long figures are kept, and who may see them."""

from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from odoo.addons.meta_crm_capi.models import meta_capi_quality as kept

from .common import DATASET
from .quality import QualityCase, row


class TestKeeping(QualityCase):
    def test_figures_go_after_their_days(self):
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        today = date.today()
        old, young = self.figures_here
        old.day = today - timedelta(days=kept.KEEP_DAYS + 1)
        young.day = today - timedelta(days=kept.KEEP_DAYS)
        self.assertEqual(self.figures._gc_quality(), (1, 0))
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())

    def test_many_go_in_several_rounds(self):
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.figures_here.day = date(2020, 1, 1)
        with patch.object(kept, "BATCH", 1):
            self.assertEqual(self.figures._gc_quality(), (1, 1))
            self.assertEqual(self.figures._gc_quality(), (1, 1))
            self.assertEqual(self.figures._gc_quality(), (0, 0))


class TestRights(QualityCase):
    def setUp(self):
        super().setUp()
        self.meta.set_quality(DATASET, [row()])
        self.read_quality()
        self.reader = new_test_user(
            self.env, "quality-reader", groups="meta_crm_capi.group_meta_user"
        )

    def test_a_meta_user_reads_and_changes_nothing(self):
        seen = self.figures_here.with_user(self.reader)
        self.assertEqual(len(seen.search([("dataset_id", "=", self.dataset.id)])), 2)
        with self.assertRaises(AccessError):
            seen[0].match_quality = 10
        with self.assertRaises(AccessError):
            self.dataset.with_user(self.reader).action_read_quality()

    def test_a_rep_sees_nothing(self):
        with self.assertRaises(AccessError):
            self.figures_here.with_user(self.rep).read(["match_quality"])

    def test_companies_never_see_each_other(self):
        stranger = self.make_reader_elsewhere()
        seen = self.figures.with_user(stranger)
        self.assertFalse(seen.search([]))
        with self.assertRaises(AccessError):
            self.figures_here.with_user(stranger).read(["match_quality"])
        self.assertFalse(seen._read_group([], ["dataset_id"], ["__count"]))

    def test_the_company_follows_the_dataset(self):
        self.assertEqual(self.figures_here.company_id, self.dataset.company_id)
