from odoo import models

from ..protocol import health
from ..protocol import words as english

ADD_DATASET = english._lt(
    "Add the dataset and its mapping under CRM > Configuration > Meta > Datasets."
)
LOAD_PAGES = english._lt("Press “Load Pages”, then “Subscribe to leads” on each Page.")


class MetaConnection(models.Model):
    """What a connection still lacks before it can do what it is for."""

    _inherit = "meta.connection"

    def _judge_set_up(self):
        """Nothing hangs on the connection yet: what is missing, in order of doing."""
        if self.page_ids or self.dataset_ids:
            return {}
        lacks = self._get_lacking()
        words = english._lt(
            "No Page and no dataset yet: no lead comes in and no event goes out."
        )
        steps = [LOAD_PAGES, ADD_DATASET]
        if lacks:
            words += " " + english._lt("Missing on the connection: %(what)s.") % {
                "what": ", ".join(lacks)
            }
            steps.insert(
                0,
                english._lt("Enter on the connection, and save: %(what)s.")
                % {"what": ", ".join(lacks)},
            )
        finding = health.Finding(health.ATTENTION, words, "\n".join(steps))
        return {"set_up": finding}

    def _get_lacking(self):
        """The labels of what is still to be entered."""
        names = {
            "app_id": english._lt("App ID"),
            "has_app_secret": english._lt("app secret"),
            "has_access_token": english._lt("system-user token"),
        }
        return [label for name, label in names.items() if not self[name]]

    def _get_next_steps(self):
        """What is still to do although nothing is wrong, in sentences.

        Either half may be all that a company wants: that is no finding.

        :rtype: list[str]
        """
        if not self.page_ids:
            return [
                self.env._(
                    "No Page is loaded, so no lead comes in: press “Load Pages”, "
                    "unless this connection is only to send events."
                )
            ]
        datasets = self.env["meta.capi.dataset"]
        if not datasets.search_count([("company_id", "=", self.company_id.id)]):
            return [
                self.env._(
                    "There is no dataset, so Meta hears of no step of a lead: add it "
                    "under CRM > Configuration > Meta > Datasets."
                )
            ]
        return []

    def _is_told_otherwise(self, kind):
        # Whoever sets it up sees it on the screen.
        return kind == "set_up" or super()._is_told_otherwise(kind)
