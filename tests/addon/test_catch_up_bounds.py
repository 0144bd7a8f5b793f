"""Which leads of a form a catch-up wants, and how far it says it has come."""

from datetime import timedelta

from .catch_up import CatchUpCase
from .common import FORM


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


class TestArchived(CatchUpCase):
    """“Archive a form here that is gone at Meta” ends the trouble."""

    GONE = {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}
    DOWN = {"code": 2, "message": "Service temporarily unavailable"}

    def setUp(self):
        super().setUp()
        # With a lead of these days, an archived form is still read.
        self.come_in()

    def fail_at_meta(self, error, times=None):
        status = 400 if error is self.GONE else 500
        answer = {"status": status, "body": {"error": error}, "times": times}
        self.meta.script(f"GET /{FORM}/leads", [answer])

    def assertLeftAlone(self):
        asked = len(self.lists())
        self.catch_up()
        self.assertEqual(len(self.lists()), asked)
        self.assertFalse(self.page.catch_up_trouble)
        self.assertTrue(self.page.caught_up_at)

    def test_a_form_whose_trouble_was_told_is_left_alone_once_it_is_archived(self):
        for error in (self.GONE, self.DOWN):
            self.meta.clear_scripts()
            self.fail_at_meta(error)
            self.page.caught_up_at = False
            self.catch_up()
            self.assertIn("Archive a form", self.page.catch_up_trouble)
            self.form.active = False
            self.assertLeftAlone()
            self.form.active = True

    def test_one_that_was_archived_before_is_left_alone_when_it_is_gone(self):
        self.form.active = False
        self.fail_at_meta(self.GONE)
        self.catch_up()
        self.assertTrue(self.page.catch_up_trouble)
        self.assertLeftAlone()

    def test_a_moments_trouble_leaves_no_archived_form_alone(self):
        self.form.active = False
        self.fail_at_meta(self.DOWN, times=1)
        meta_id = self.lead_at_meta(60)
        self.catch_up()
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])

    def test_a_form_that_is_restored_is_read_again(self):
        self.fail_at_meta(self.GONE, times=1)
        self.catch_up()
        self.form.active = False
        self.assertLeftAlone()
        self.form.active = True
        meta_id = self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])


class TestWhole(CatchUpCase):
    """A list is taken for whole only where nothing else can be."""

    def node(self, number, days):
        moment = int((self.now - timedelta(days=days)).timestamp())
        return {
            "id": f"35000000000{number:04d}",
            "created_time": moment,
            "form_id": FORM,
            "field_data": [],
        }

    def list_pages(self, *pages):
        """Meta gives these leads, page by page, whatever the filter."""
        answers = []
        for number, rows in enumerate(pages, start=1):
            body = {"data": rows}
            if number < len(pages):
                cursors = {"after": f"cursor{number}"}
                body["paging"] = {"cursors": cursors, "next": "https://next.example"}
            answers.append({"status": 200, "body": body})
        self.meta.clear_scripts()
        self.meta.script(f"GET /{FORM}/leads", answers)

    def test_two_small_pages_of_old_leads_are_no_order_yet(self):
        self.form.watermark = self.now - timedelta(days=2)
        new = self.node(5, 1)
        self.list_pages(
            [self.node(1, 5), self.node(2, 6)],
            [self.node(3, 7), self.node(4, 8)],
            [new],
            [self.node(6, 9)],
        )
        self.catch_up()
        self.assertEqual(self.come(new["id"]), [new["id"]])

    def test_one_new_lead_before_them_is_no_order_either(self):
        self.form.watermark = self.now - timedelta(days=2)
        first, last = self.node(1, 1), self.node(4, 1.5)
        self.list_pages([first], [self.node(2, 5)], [self.node(3, 6)], [last])
        self.catch_up()
        wanted = [first["id"], last["id"]]
        self.assertEqual(self.come(*wanted), wanted)

    def test_old_leads_without_number_are_not_read_to_their_end(self):
        self.form.watermark = self.now - timedelta(days=2)
        pages = [
            [self.node(100 * page + row, 10 + page + row / 100) for row in range(100)]
            for page in range(9)
        ]
        self.list_pages(*pages)
        self.catch_up()
        self.assertEqual(len(self.lists()), 6)
        self.assertTrue(self.page.caught_up_at)
        self.assertFalse(self.page.catch_up_trouble)

    def test_more_leads_of_a_second_than_a_page_holds_are_not_taken_for_whole(self):
        self.small_pages()
        self.meta.set_paging_faults(["repeat_first"])
        moment = int((self.now - timedelta(hours=2)).timestamp())
        same = [self.meta.create_lead(FORM, {}, created_time=moment) for _n in range(5)]
        older = self.lead_at_meta(300)
        self.catch_up()
        self.assertIn("repeats itself", self.page.catch_up_trouble)
        self.assertFalse(self.page.caught_up_at)
        self.assertFalse(self.form.watermark)
        self.meta.set_paging_faults([])
        self.catch_up()
        self.assertEqual(sorted(self.come(*same, older)), sorted([*same, older]))
        self.assertTrue(self.page.caught_up_at)

    def test_a_single_lead_on_a_page_that_repeats_itself_is_the_whole_list(self):
        self.meta.set_paging_faults(["repeat_next"])
        meta_id = self.lead_at_meta(60)
        self.catch_up()
        self.assertEqual(self.come(meta_id), [meta_id])
        self.assertTrue(self.page.caught_up_at)

    def test_a_watermark_never_comes_from_a_lead_that_is_not_wanted(self):
        self.page.catch_up_from = self.now - timedelta(days=3)
        self.meta.set_paging_faults(["ignore_filter"])
        old = [self.lead_at_meta(5 * 1440 + minutes) for minutes in (0, 10)]
        self.catch_up()
        self.assertFalse(self.form.watermark)
        self.catch_up()
        self.assertEqual(self.come(*old), [])
