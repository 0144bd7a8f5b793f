"""The set-up for tests of quality: a dataset that Meta measures, and the daily read."""

from __future__ import annotations

from datetime import date

from .common import DATASET
from .delivery import DeliveryCase

QUALITY = "GET */dataset_quality"
SEND_ONLY = "a-token-of-events-manager"


def row(name="Purchase", score=6.2, coverage=80.0, **more):
    return {
        "event_name": name,
        "event_match_quality": {"composite_score": score},
        "event_coverage": {"percentage": coverage, "goal_percentage": 75},
        **more,
    }


class QualityCase(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.quality_cron = cls.env.ref("meta_crm_capi.ir_cron_quality")
        cls.figures = cls.env["meta.capi.quality"]

    def setUp(self):
        # What the database had before.
        others = self.env["meta.capi.dataset"].search([]) - self.dataset
        others.active = False
        super().setUp()

    def read_quality(self):
        """One run of the cron, as the scheduler makes it."""
        self.flush()
        with self.enter_registry_test_mode():
            self.quality_cron.method_direct_trigger()
        self.env.invalidate_all()

    def let_a_day_pass(self):
        """What was read today was read yesterday; the dataset is due again."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE meta_capi_quality SET day = day - 1;
            UPDATE meta_capi_dataset
               SET quality_due_at = NULL, quality_rests_until = NULL
            """
        )
        self.env.invalidate_all()

    def make_quality_due(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE meta_capi_dataset SET quality_due_at = NULL")
        self.env.invalidate_all()

    @property
    def asked(self):
        """How often Meta was asked."""
        return len(self.meta.requests(QUALITY))

    @property
    def figures_here(self):
        return self.figures.search([("dataset_id", "=", self.dataset.id)])

    @property
    def whole(self):
        """Today's row of the dataset as a whole."""
        return self.figures_here.filtered(
            lambda row: not row.event_name and row.day == date.today()
        )

    @property
    def log_rows(self):
        return self.env["meta.sync.log"].search(
            [("kind", "=", "check"), ("asked", "=", "Data quality")], order="id"
        )

    def due_in(self, dataset=None):
        dataset = dataset or self.dataset
        return self.seconds_from_now(dataset.sudo().quality_due_at)

    def use_send_only_token(self):
        self.meta.add_token(SEND_ONLY, "send_only", dataset_ids=[DATASET])
        self.dataset.access_token = SEND_ONLY

    def assert_sending_unharmed(self):
        self.assertEqual(self.dataset.state, "active")
        self.assertFalse(self.dataset.trouble)
        self.assertFalse(self.dataset.activity_ids)
