from odoo import models

from ..protocol import health, health_page
from .meta_connection_setup_judge import DONE, TO_DO


class MetaConnection(models.Model):
    """What of the setup is only left to do: no fault, and told once more at the end."""

    _inherit = "meta.connection"

    def _judge_setup(self):
        """The last step lists what earlier ones have left; its own state stays."""
        steps = super()._judge_setup()
        *earlier, last = steps
        for step in earlier:
            if step["state"] == DONE:
                continue
            left = next(row for row in step["rows"] if row["level"] != health.OK)
            what = self.env._("Left in “%s”", step["name"])
            words = self.env._(
                "%(what)s: %(words)s", what=left["what"], words=left["words"]
            )
            last["rows"].append({**left, "what": what, "words": words})
        return steps

    def _get_finding_rows(self, kinds, page=None, what=None):
        """What nobody has done yet is to do; it is broken once it has worked."""
        rows = super()._get_finding_rows(kinds, page, what)
        not_yet = self._get_words_of_beginning(page)
        return [
            {**row, "level": TO_DO}
            if row["level"] in health.NEED_PERSON and row["words"] in not_yet
            else row
            for row in rows
        ]

    def _get_words_of_beginning(self, page):
        """What is found, and no fault, as long as it never was otherwise."""
        words = set()
        if not (self.last_webhook_at or self.last_ping_at):
            words.add(health.NO_WEBHOOK)
        if page and not (page.subscribed or page.subscription_lost):
            words.add(health_page.NO_SUBSCRIPTION)
        return words
