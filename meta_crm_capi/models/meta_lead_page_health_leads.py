from datetime import timedelta

from odoo import models

from ..protocol import health
from ..protocol import words as english

#: A lead that is not settled after so long waits for more than a moment's trouble.
WAITING = timedelta(hours=6)
#: Leads of forms that cannot be read are told of for so long.
UNREADABLE_SINCE = timedelta(days=14)
#: And so many of these forms are named.
MANY_FORMS = 5

READ_FORMS = english._lt(
    "Give the token the permission pages_manage_ads (Meta Business settings >"
    " System users > Generate new token), then press “Load forms”. The sync log"
    " says what Meta answered."
)


class MetaLeadPage(models.Model):
    """Findings about leads that came and did not come in as they should."""

    _inherit = "meta.lead.page"

    def _judge_forms(self):
        """Forms that leads came of and that Meta does not let us read."""
        since = self.env.cr.now() - UNREADABLE_SINCE
        known = self.with_context(active_test=False).form_ids.mapped("meta_id")
        rows = self.env["meta.lead.submission"].search(
            [
                ("page_id", "=", self.id),
                ("state", "=", "done"),
                ("form_id", "=", False),
                ("form_meta_id", "not in", [False, *known]),
                ("create_date", ">", since),
            ]
        )
        if not rows:
            return {}
        forms = ", ".join(sorted(set(rows.mapped("form_meta_id")))[:MANY_FORMS])
        words = english._lt(
            "Leads of the last days whose form Odoo could not read: %(count)s."
            " What they answered is in their notes, under the keys of the"
            " questions. Form IDs: %(forms)s."
        ) % {"count": len(rows), "forms": forms}
        return {"forms": health.Finding(health.ATTENTION, words, READ_FORMS)}

    def _judge_waiting(self):
        """Leads of this Page that came long ago and are neither made nor parked."""
        count = self.env["meta.lead.submission"].search_count(
            [
                ("state", "=", "received"),
                ("page_meta_id", "=", self.meta_id),
                ("connection_id", "=", self.connection_id.id),
                ("create_date", "<", self.env.cr.now() - WAITING),
            ]
        )
        if not count:
            return {}
        hours = WAITING // timedelta(hours=1)
        words = english._lt(
            "Leads that have waited for %(hours)s hours and longer: %(count)s."
        ) % {"hours": hours, "count": count}
        cure = english._lt(
            "CRM > Reporting > Meta sync > Submissions says what each waits for."
        )
        return {"waiting": health.Finding(health.ATTENTION, words, cure)}

    def _judge_parked(self):
        """Leads of this Page that wait for a person."""
        count = self.env["meta.lead.submission"].search_count(
            [("state", "=", "parked"), ("page_id", "=", self.id)]
        )
        if not count:
            return {}
        words = english._lt("Parked leads of this Page: %(count)s.") % {"count": count}
        cure = english._lt(
            "CRM > Reporting > Meta sync > Parked leads says why, and tries again."
        )
        return {"parked": health.Finding(health.ATTENTION, words, cure)}
