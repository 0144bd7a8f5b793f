import logging

from odoo import fields, models
from odoo.tools import plaintext2html

from . import queue

_logger = logging.getLogger(__name__)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    meta_alarm = fields.Char(
        readonly=True, help="Which alarm about Meta this is, to clear it when healed."
    )


class MetaAlarmMixin(models.AbstractModel):
    """Alarms of a record: one activity for each cause, cleared when the cause is gone.

    The model has an ``owner_id``: who is to act.
    """

    _name = "meta.alarm.mixin"
    # An activity subscribes its user to the record: that takes a mail.thread.
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Alarms about Meta"

    def _alarm(self, cause, summary, words):
        """One activity for the responsible person, however often it happens.

        Never raises but for a conflict: what the alarm is about must be stored in any
        case, and the record says itself what is wrong.

        :param str cause: name of the cause, for :meth:`_clear_alarms`
        :param str summary: what is wrong, in a few words
        :param str words: more of it, and what to do
        """
        self.ensure_one()
        note = plaintext2html(words or "")
        try:
            with self.env.cr.savepoint():
                known = self._get_alarms([cause])
                if known:
                    known.write({"summary": summary, "note": note})
                    return
                self.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=summary,
                    note=note,
                    user_id=(self.owner_id or self.env.ref("base.user_admin")).id,
                    meta_alarm=cause,
                )
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.exception("No activity could be made for %s", self)

    def _clear_alarms(self, *causes):
        """The causes are gone: their activities are not needed any more."""
        self._get_alarms(causes).unlink()

    def _get_alarms(self, causes):
        return self.sudo().activity_ids.filtered(
            lambda activity: activity.meta_alarm in causes
        )
