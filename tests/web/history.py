"""Two months of a firm's leads, as the demo data has them, but with a live dataset."""

from __future__ import annotations

import random
import uuid
from contextlib import closing
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

from odoo.addons.meta_crm_capi.models import meta_demo

from .firm import QUESTIONS, Firm

FORMS = ("Free quote", "Solar check")


def add_history(firm: Firm) -> None:
    """Leads of sixty days with their events; all that was to be sent was sent."""
    first_id = 2 * 10**15 + uuid.uuid4().int % 10**9 * 10**5
    with (
        patch.object(meta_demo, "FIRST_ID", first_id),
        closing(Registry(get_db_name()).cursor()) as cr,
    ):
        env = api.Environment(cr, SUPERUSER_ID, {})
        dataset = env["meta.capi.dataset"].search([("meta_id", "=", firm.dataset_id)])
        form = env["meta.lead.form"].search([("meta_id", "=", firm.form_id)])
        # The demo's leads are the administrator's.
        env.ref("base.user_admin").company_ids |= dataset.company_id
        for number, name in enumerate(FORMS):
            firm.meta.add_form(str(first_id + number), firm.page_id, name, QUESTIONS)
        forms = form + env["meta.lead.form"].create(
            [
                {
                    "name": name,
                    "meta_id": str(first_id + number),
                    "page_id": form.page_id.id,
                }
                for number, name in enumerate(FORMS)
            ]
        )
        demo = env["meta.demo"].with_company(dataset.company_id)
        chance = random.Random(7)
        demo._make_events(chance, dataset, demo._make_submissions(chance, forms))
        env.flush_all()
        cr.execute(
            """
            UPDATE meta_capi_event
               SET state = 'accepted', tries = 1, next_try_at = NULL,
                   accepted_at = event_time + interval '40 seconds'
             WHERE dataset_id = %s AND state = 'queued'
            """,
            [dataset.id],
        )
        cr.commit()
