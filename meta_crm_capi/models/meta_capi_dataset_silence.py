from datetime import timezone

from odoo import models
from odoo.tools import SQL

from ..protocol import health, silence
from ..protocol import words as english
from .rhythm import moment_words, read_moments

LOOK_AT_EVENTS = english._lt(
    "If no lead from Meta was moved since, nothing is wrong. Else CRM > Reporting >"
    " Meta sync > Events says of each move what became of it, and why."
)


class MetaConnection(models.Model):
    """Moves that Meta accepted have a rhythm too: a long silence needs a person.

    What waits, pauses or stands still has alarms of its own. This one is for what these
    do not see: steps that are not mapped any more, leads that no longer come, moves
    that are all kept from Meta.
    """

    _inherit = "meta.connection"

    def _judge_acceptance(self):
        """Whether a dataset was reported nothing for longer than usual.

        :return: the finding by its kind; nothing where all is well
        """
        now = self.env.cr.now().replace(tzinfo=timezone.utc).timestamp()
        late = []
        for dataset in self.dataset_ids:
            if not dataset.active or dataset._is_silence_explained():
                continue
            times = dataset._get_acceptances()
            explained = silence.explained_until(times)
            if explained is not None and now > explained:
                last, due = moment_words(times[-1]), moment_words(explained)
                late.append(
                    english._lt(
                        "%(name)s: the last move that Meta accepted is of %(last)s."
                        " By the rhythm of the last weeks another one was to come by"
                        " %(due)s."
                    )
                    % {"name": dataset.name, "last": last, "due": due}
                )
        if not late:
            return {}
        words = " ".join(late)
        return {
            "acceptance": health.Finding(health.ATTENTION, words, LOOK_AT_EVENTS),
        }


class MetaCapiDataset(models.Model):
    _inherit = "meta.capi.dataset"

    def _is_silence_explained(self):
        """Whether something else tells already why Meta accepts nothing."""
        self.ensure_one()
        return bool(
            self.state in ("paused", "stopped") or self.stands_since or self.waits_since
        )

    def _get_acceptances(self):
        """When moves were made that Meta accepted (Unix seconds, ascending)."""
        self.ensure_one()
        return read_moments(
            self.env["meta.capi.event"],
            SQL("dataset_id = %s AND state = 'accepted'", self.id),
        )
