import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from ..protocol import quality, redact
from ..protocol import words as english
from ..protocol.answer import THROTTLE
from . import queue
from .meta_lead_page_catch_up_run import BUSY

_logger = logging.getLogger(__name__)

#: How long a worker has a dataset alone (seconds); it makes two calls at most.
LEASE = 15 * 60
#: A day less the hour between two runs, so that no day is left out (seconds).
EVERY = 23 * 3600
#: Rest where Meta asks for one without saying for how long, and where a limit of its
#: calls is nearly reached: what is left is for leads and events (seconds).
REST = 15 * 60
#: Tries in a row after which a read fails for this day.
MAX_TRIES = 4
#: What the sync log says was asked.
ASKED = english._lt("Data quality")

OWN_FAILURE = english._lt("Odoo itself failed: %(error)s. The server log says where.")


class MetaConnection(models.Model):
    _inherit = "meta.connection"

    def _secrets_changed(self):
        result = super()._secrets_changed()
        self.sudo().dataset_ids._set_quality_due(0)
        return result


class MetaCapiDataset(models.Model):
    """Reading Meta's figures: once a day, with no transaction open meanwhile.

    Whatever Meta answers, sending goes on as before: reading never pauses or rests a
    dataset.
    """

    _inherit = "meta.capi.dataset"

    quality_due_at = fields.Datetime(
        "Quality due", readonly=True, copy=False, groups=NO_ACCESS
    )
    quality_rests_until = fields.Datetime(
        "Quality rests until", readonly=True, copy=False, groups=NO_ACCESS
    )
    quality_tries = fields.Integer(
        "Quality tries", readonly=True, copy=False, groups=NO_ACCESS
    )

    def _secrets_changed(self):
        """What the last token could not read, the new one may."""
        result = super()._secrets_changed()
        self.sudo()._set_quality_due(0)
        return result

    @api.model
    def _cron_read_quality(self):
        """Read the figures of every dataset that is due. Never raises."""
        try:
            self._read_due_quality()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Reading the quality of datasets stopped; it goes on with the next "
                "run: %s",
                queue.describe(error),
            )

    @api.model
    def _read_due_quality(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        time_left = commit_progress(remaining=self._count_quality_due())
        while time_left > 0:
            dataset = queue.store(self.env, self._claim_quality)
            if not dataset:
                break
            try:
                dataset._read_quality_apart()
            except Exception as error:
                self.env.cr.rollback()
                # Its lease keeps it from being tried again and again.
                _logger.error(
                    "The quality of dataset %s could not be read: %s",
                    dataset.id,
                    queue.describe(error),
                )
                failure = OWN_FAILURE % {"error": type(error).__name__}
                found = quality.Judgement(quality.FAILED, [], failure)
                queue.store(self.env, dataset._settle_quality, found)
            time_left = commit_progress(1, remaining=self._count_quality_due())

    @api.model
    def _is_quality_due(self):
        """SQL: which datasets are to be asked for. One without any token has no way.

        One that Meta refuses, or that somebody stopped, is left alone.
        """
        now = queue.db_now()
        return SQL(
            """
            dataset.active
            AND dataset.state IN ('active', 'resting')
            AND (dataset.resume_at IS NULL OR dataset.resume_at <= %s)
            AND (dataset.quality_due_at IS NULL OR dataset.quality_due_at <= %s)
            AND (COALESCE(dataset.access_token_stored, '') != ''
                 OR EXISTS (SELECT FROM meta_connection connection
                             WHERE connection.id = dataset.connection_id
                               AND COALESCE(connection.access_token_stored, '') != ''))
            """,
            now,
            now,
        )

    @api.model
    def _count_quality_due(self):
        self.flush_model()
        self.env["meta.connection"].flush_model()
        return self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM meta_capi_dataset dataset WHERE %s",
                self._is_quality_due(),
            )
        )[0][0]

    @api.model
    def _claim_quality(self):
        """Take the dataset that waits longest, for as long as its lease."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_dataset SET quality_due_at = %s
                 WHERE id = (
                    SELECT dataset.id FROM meta_capi_dataset dataset WHERE %s
                  ORDER BY dataset.quality_due_at NULLS FIRST, dataset.id
                     LIMIT 1
                       FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id
                """,
                queue.in_seconds(LEASE),
                self._is_quality_due(),
            )
        )
        dataset = self.browse(rows[0] if rows else ())
        dataset.invalidate_recordset()
        return dataset

    def _read_quality(self):
        """Ask within this transaction: for a person who waits for it.

        :rtype: protocol.quality.Judgement
        :raise UserError: when there is nothing to ask with, or Meta asked for a rest
        """
        self.ensure_one()
        now = self.env.cr.now()
        for until in (self.resume_at, self.quality_rests_until):
            if until and until > now:
                raise UserError(self._tell_rest(until))
        with self._get_client() as graph:
            result = graph.dataset_quality(self.meta_id)
        return self._keep_quality(result, self._get_look_stamp())

    def _read_quality_apart(self):
        """Ask with no transaction open."""
        self.ensure_one()
        try:
            graph = self._get_client()
        except UserError as error:
            found = quality.Judgement(quality.FAILED, [], str(error))
            queue.store(self.env, self._settle_quality, found)
            return
        meta_id, stamp = self.meta_id, self._get_look_stamp()
        self.env["ir.cron"]._commit_progress()
        with graph:
            result = graph.dataset_quality(meta_id)
        queue.store(self.env, self._keep_quality, result, stamp)

    def _keep_quality(self, result, stamp):
        """Keep what Meta answered, and when to ask again.

        :param result: ``client.Result``
        :param stamp: of the ID and token that Meta was asked with
        :rtype: protocol.quality.Judgement
        """
        found = quality.judge(result)
        if not self.exists():
            return found
        self.env["meta.sync.log"]._add_check(
            self,
            result,
            event_count=len(found.events),
            asked=ASKED,
            words=[found.words, found.cure],
        )
        if stamp != self._get_look_stamp():
            # An answer to an earlier ID or token is none.
            self._set_quality_due(0)
            return found
        if found.state != quality.WAITS:
            self._settle_quality(found)
        elif result.answer.verdict == THROTTLE:
            self.quality_words, self.quality_cure = self._redacted(found)
            rest = result.answer.resume_after or REST
            self._set_quality_due(rest, rests=True)
            self._postpone_others(rest)
        elif self.quality_tries + 1 < MAX_TRIES:
            self.quality_words, self.quality_cure = self._redacted(found)
            self.quality_tries += 1
            self._set_quality_due(queue.back_off(self.quality_tries))
        else:
            self._settle_quality(found._replace(state=quality.FAILED))
        if result.answer.accepted and (result.answer.usage or 0) >= BUSY:
            self._postpone_others(REST)
        return found

    def _settle_quality(self, found):
        """What Meta said counts for this day; it is asked again on the next.

        :param found: ``protocol.quality.Judgement``
        """
        if not self.exists():
            return
        words, cure = self._redacted(found)
        self.write(
            {
                "quality_state": found.state,
                "quality_words": words,
                "quality_cure": cure,
                "quality_read_at": self.env.cr.now().replace(microsecond=0),
                "quality_tries": 0,
                "quality_rests_until": False,
            }
        )
        rows = {
            event.event_name: {
                "match_quality": event.match_quality,
                "coverage": event.coverage,
                "deduplicated": event.deduplicated,
                "freshness": event.freshness,
                "hints": "\n".join(quality.hints(event)) or False,
            }
            for event in found.events
        }
        rows[False] = {
            "verdict": found.state,
            "hints": "\n".join(filter(None, [words, cure])),
            **self._count_covered(),
        }
        self.env["meta.capi.quality"]._keep_day(self, fields.Date.today(), rows)
        self._set_quality_due(EVERY)

    @api.model
    def _redacted(self, found):
        return redact.redact(found.words), redact.redact(found.cure)

    def _set_quality_due(self, seconds, rests=False):
        """Set when to ask again, by PostgreSQL's clock.

        :param bool rests: whether nobody may ask before
        """
        self.flush_recordset()
        due = queue.in_seconds(seconds)
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_dataset
                   SET quality_due_at = %s, quality_rests_until = %s
                 WHERE id = ANY(%s)
             RETURNING id
                """,
                due,
                due if rests else SQL("NULL"),
                self.ids,
            )
        )
        self.invalidate_recordset(["quality_due_at", "quality_rests_until"])

    def _postpone_others(self, seconds):
        """Ask for no other dataset of this connection for a while.

        Meta's limits are the app's: what is left of them is for leads and events.
        """
        others = self.search(
            [("connection_id", "=", self.connection_id.id), ("id", "!=", self.id)]
        )
        latest = self.env.cr.now() + timedelta(seconds=seconds)
        soon = others.filtered(
            lambda dataset: (
                not dataset.quality_due_at or dataset.quality_due_at < latest
            )
        )
        soon._set_quality_due(seconds)
