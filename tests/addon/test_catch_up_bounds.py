"""Which leads of a form a catch-up wants, and how far it says it has come."""

from datetime import timedelta

from .catch_up import CatchUpCase


class TestImported(CatchUpCase):
    """Leads that an import brought say nothing of those that are still at Meta."""

    def make_imported(self, origin, days):
        self.make_submission(
            "3300000000000001",
            origin=origin,
            submitted_at=self.now - timedelta(days=days),
        )

    def assertNeighboursStay(self):
        self.page.catch_up_from = self.now - timedelta(days=3)
        old, new = self.lead_at_meta(20 * 1440), self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(old, new), [new])

    def test_an_old_lead_of_an_import_brings_none_of_its_neighbours(self):
        self.make_imported("import", days=40)
        self.assertNeighboursStay()

    def test_an_old_lead_whose_id_was_typed_does_neither(self):
        self.make_imported("manual", days=40)
        self.assertNeighboursStay()

    def test_an_imported_lead_keeps_no_archived_form_in_the_reading(self):
        self.form.active = False
        self.make_imported("import", days=3)
        self.catch_up()
        self.assertEqual(self.lists(), [])
        self.assertTrue(self.page.caught_up_at)
