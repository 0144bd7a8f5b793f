"""An import holds as much in memory after many leads as after few."""

import gc
import time
from unittest.mock import patch

from odoo.api import SUPERUSER_ID, Environment

from odoo.addons.meta_crm_capi.models import meta_lead_import_source

from .importing import ImportCase

LEADS = 120
#: The import asks for a hundred at a time, then for half as many, until this suffices.
PAGE_SIZE = 12
CONTAINERS = (dict, frozenset, list, set, tuple)


class TestImportMemory(ImportCase):
    def setUp(self):
        super().setUp()
        self.meta.set_max_page_size(PAGE_SIZE)
        now = int(time.time())
        emails = [f"somebody.{number}@example.com" for number in range(LEADS)]
        meta_ids = [
            self.fill_in({"email": email}, created_time=now - 60 * number)
            for number, email in enumerate(emails)
        ]
        self.traces = frozenset(emails + meta_ids)
        #: How often something of the leads is held as a chunk comes to be stored.
        self.held = {"counting": [], "running": []}

    def count_held(self):
        """How often an id or an email address of these leads stands in a container."""
        gc.collect()
        containers = {}
        for each in gc.get_objects():
            # Python does not list dicts and tuples of nothing but texts.
            for one in (each, *gc.get_referents(each)):
                if type(one) in CONTAINERS:
                    containers[id(one)] = one
        del containers[id(self.traces)]
        return sum(self.count_in(each) for each in list(containers.values()))

    def count_in(self, container):
        texts = [*container]
        if type(container) is dict:
            texts += container.values()
        return sum(type(text) is str and text in self.traces for text in texts)

    def pass_through(self):
        """A whole pass in one run, however long it takes; a look at a few chunks."""
        store = type(self.imports)._store_chunk

        def watched(run, chunk):
            looks = self.held[chunk.phase]
            is_wanted = run.position == 3 * PAGE_SIZE or chunk.is_last
            looks += [self.count_held()] if is_wanted else []
            return store(run, chunk)

        self.env.flush_all()
        with (
            patch.object(type(self.imports), "_store_chunk", watched),
            patch.object(meta_lead_import_source, "RECENT", PAGE_SIZE),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cursor,
        ):
            Environment(cursor, SUPERUSER_ID, {})["meta.lead.import"]._cron_import()
        self.env.invalidate_all()

    def test_nothing_of_a_lead_is_kept_once_it_was_stored(self):
        run = self.make_import()
        run.action_count()
        self.pass_through()
        self.assertRecordValues(run, [{"state": "ready", "create_count": LEADS}])
        run.action_start()
        self.pass_through()
        self.assertRecordValues(run, [{"state": "done", "made_count": LEADS}])
        for phase, (early, late) in self.held.items():
            self.assertGreater(early, PAGE_SIZE, phase)
            self.assertLess(late, early + LEADS / 4, phase)
