import logging

from odoo import fields, models
from odoo.tools import plaintext2html

from . import queue
from .words import show

_logger = logging.getLogger(__name__)


class MailActivity(models.Model):
    _inherit = "mail.activity"

    meta_alarm = fields.Char(
        "Alarm about Meta",
        readonly=True,
        help="Which alarm about Meta this is, to clear it when healed.",
    )


class MetaAlarmMixin(models.AbstractModel):
    """Alarms of a record: one activity for each cause, cleared when the cause is gone.

    The model has an ``owner_id``: who is to act.
    """

    _name = "meta.alarm.mixin"
    # An activity subscribes its user to the record: that takes a mail.thread.
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Alarms about Meta"

    may_have_alarms = fields.Boolean(
        "May have alarms",
        readonly=True,
        copy=False,
        help="No alarm is looked for without it: nearly every answer is a good one.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "owner_id" in vals:
            for record in self.sudo().filtered("may_have_alarms"):
                record._give(record._get_alarms(), record._get_alarm_reader())
        return result

    def _alarm(self, cause, summary, words):
        """One activity for the responsible person, however often it happens.

        Never raises but for a conflict: what the alarm is about must be stored in any
        case, and the record says itself what is wrong.

        :param str cause: name of the cause, for :meth:`_clear_alarms`
        :param str summary: what is wrong, in a few words
        :param str words: more of it, and what to do; English words, or the reader's
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                reader = self._get_alarm_reader()
                env = self.with_context(lang=reader.lang, tz=reader.tz).env
                note = plaintext2html(show(env, words) or "")
                known = self._get_alarms([cause])
                if known:
                    known.write({"summary": summary, "note": note})
                    self._give(known, reader)
                    return
                self.may_have_alarms = True
                self._without_mailing().activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=summary,
                    note=note,
                    user_id=reader.id,
                    meta_alarm=cause,
                )
        except Exception as error:
            if queue.is_conflict(error):
                raise
            _logger.error(
                "No activity could be made for %s: %s", self, queue.describe(error)
            )

    def _clear_alarms(self, *causes):
        """The causes are gone: their activities are not needed any more."""
        for record in self.sudo().filtered("may_have_alarms"):
            record._get_alarms(causes).unlink()
            if not record._get_alarms():
                record.may_have_alarms = False

    def _get_alarms(self, causes=None):
        """The open alarms of these causes, else all of them.

        One that was marked as done is only archived by Odoo.
        """
        return self.sudo().activity_ids.filtered(
            lambda activity: (
                activity.active
                and activity.meta_alarm
                and (causes is None or activity.meta_alarm in causes)
            )
        )

    def _give(self, alarms, user):
        """Let these activities be a user's; one who has them already is not told."""
        others = self._without_mailing(alarms).filtered(
            lambda activity: activity.user_id != user
        )
        if others:
            others.write({"user_id": user.id})

    def _without_mailing(self, records=None):
        """The records (else these) with mail left to Odoo's mail queue.

        The delivery must not wait for a mail server.
        """
        records = self if records is None else records
        return records.with_context(mail_notify_force_send=False)

    def _for_reader(self):
        """The same record, with language and time zone of who reads its alarms."""
        self.ensure_one()
        reader = self._get_alarm_reader()
        return self.with_context(lang=reader.lang, tz=reader.tz)

    def _get_alarm_reader(self):
        """Who is told: the owner, else somebody else who works and sees the record.

        :rtype: res.users
        """
        self.ensure_one()
        admin = self.env.ref("base.user_admin")
        for user in (self.sudo().owner_id, admin):
            if self._is_seen_by(user):
                return user
        group = self.env.ref("meta_crm_capi.group_meta_administrator").sudo()
        others = group.all_user_ids.filtered(
            lambda user: user != self.env.ref("base.user_root")
        )
        return others.sorted("id").filtered(self._is_seen_by)[:1] or admin

    def _is_seen_by(self, user):
        if not user.active:
            return False
        companies = user.sudo().company_ids.ids
        record = self.with_user(user).with_context(allowed_company_ids=companies)
        return record.has_access("read")
