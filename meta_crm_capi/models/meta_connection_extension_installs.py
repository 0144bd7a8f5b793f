import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..protocol import calls_extension, installs
from ..protocol import words as english
from ..protocol.answer import RETRY, THROTTLE
from . import queue
from .meta_capi_dataset_health import PAUSED
from .meta_connection_extension_assets import UNINSTALLED
from .meta_connection_extension_login import Refused
from .meta_lead_page import RECONNECT
from .meta_lead_page_catch_up import CATCH_UP

_logger = logging.getLogger(__name__)

#: How many connections one run reads.
RUN = 50
#: Meta's code for a token that is no more.
TOKEN_DEAD = 190

UNINSTALLED_WORDS = english._lt(
    "The business has uninstalled the app at Meta. No lead is read and no event is "
    "sent; what is queued waits. Open the connection and connect with Meta again."
)
DISCONNECTED_WORDS = english._lt(
    "Disconnected from Meta in Odoo. No lead is read and no event is sent; what is "
    "queued waits. Open the connection and connect with Meta again."
)
UNREADABLE = english._lt(
    "What the business has installed could not be read. Meta says: %(words)s"
)
TOLD = english._lt("Meta tells that what the business has installed changed.")
NOT_OURS = english._lt(
    "Meta tells of a business that no connection of this app has: another Odoo uses the"
    " same app, or the connection was deleted."
)


class MetaConnection(models.Model):
    """What a business installs and uninstalls at Meta while nobody looks at Odoo.

    A webhook only says that something changed; the list of installs is the truth.
    """

    _inherit = "meta.connection"

    installs_due_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since when Meta's list of installs waits to be read.",
    )
    install_told_at = fields.Datetime(
        "Last told of a change",
        readonly=True,
        copy=False,
        help="When Meta's last webhook about installs came. Never, although features "
        "were installed: the app's webhook lacks the field fbe_install.",
    )
    uninstall_told = fields.Boolean(
        readonly=True,
        copy=False,
        help="A webhook told of an uninstall, and the list was not read since.",
    )

    def _receive(self, raw):
        notices = installs.notices(raw)
        if not notices:
            return super()._receive(raw)
        for notice in notices:
            self._note_install(notice)
        self.env.ref("meta_crm_capi.ir_cron_extension").sudo()._trigger()
        return None

    def _note_install(self, notice):
        """Let the list of installs be read that a webhook is about.

        One app has one webhook address, and each company a connection of its own: the
        signature vouches for all that have the same app and secret.

        :param notice: ``installs.Notice``
        """
        log = self.env["meta.sync.log"]
        found = self.search(
            [
                ("external_business_id", "=", notice.external_id),
                ("app_id", "=", self.app_id),
            ]
        )
        if not found or found._get_secret("app_secret") != self._get_secret(
            "app_secret"
        ):
            log._add_incoming("webhook", "ignored", self, 0, [NOT_OURS])
            return
        now = fields.Datetime.now()
        values = {"installs_due_at": now, "install_told_at": now}
        if notice.is_uninstall:
            # One about an install does not take it back: they come in any order.
            values["uninstall_told"] = True
        found.write(values)
        log._add_incoming("webhook", "accepted", found, 0, [TOLD])

    @api.model
    def _cron_read_installs(self):
        """Read the list of installs of each connection that is due. Never raises."""
        due = self.search([("installs_due_at", "!=", False)], order="installs_due_at")
        for connection in due[:RUN]:
            try:
                connection._read_installs()
            except Exception as error:
                self.env.cr.rollback()
                queue.store(self.env, connection._put_reading_off)
                _logger.error(
                    "The installs of connection %s were not read: %s",
                    connection.id,
                    queue.describe(error),
                )

    def _read_installs(self):
        """Ask Meta what is installed, and make it so here; else ask again later."""
        due_at = self.installs_due_at
        # A login that is under way reads for itself, and no token before it can read.
        if not self.has_access_token or self.extension_state == "new":
            queue.store(self.env, self._end_reading, due_at)
            return
        graph = self._get_client()
        self.env["ir.cron"]._commit_progress()
        with graph:
            result = calls_extension.installs(graph, self.external_business_id)
            facts = None
            if result.data is not None:
                install = installs.read(result.data)
                facts = install and self._ask_for_facts(graph, install)
        queue.store(self.env, self._store_installs, result, facts, due_at)

    def _store_installs(self, result, facts, due_at):
        self._log_extension(result, english._lt("What the business has installed"))
        is_token_dead = result.answer.code == TOKEN_DEAD
        if facts:
            try:
                self._check_business(facts.install)
            except Refused as refused:
                self.extension_missing = str(refused)
            else:
                self._store_facts(facts)
        elif result.data is not None or (is_token_dead and self.uninstall_told):
            # Meta takes the token away together with the install.
            self._note_uninstalled(UNINSTALLED_WORDS)
        elif result.answer.verdict in (RETRY, THROTTLE):
            self._put_reading_off()
            return
        elif not is_token_dead:
            # It would say the same for ever; a dead token is for the health check.
            said = self.env["meta.sync.log"]._in_words(
                [result.answer.message, result.answer.meaning]
            )
            self.extension_missing = UNREADABLE % {"words": said or ""}
        self._end_reading(due_at)

    def _end_reading(self, due_at):
        """Nothing is due any more, unless Meta told of something meanwhile."""
        if self.installs_due_at == due_at:
            self.write({"installs_due_at": False, "uninstall_told": False})

    def _put_reading_off(self):
        """Ask again when all others that are due had their turn."""
        self.installs_due_at = fields.Datetime.now()

    def _note_uninstalled(self, words):
        """Pause all that went through this install; one activity says so."""
        if self.extension_state == "uninstalled":
            return
        self.extension_state = "uninstalled"
        self.feature_ids.unlink()
        self._rest_all(words)
        told = self._for_reader()
        told._alarm(
            UNINSTALLED,
            told.env._("The business has uninstalled our app at Meta"),
            words,
        )

    def _rest_all(self, words):
        """Pause what uses the tokens of the install; no activity for each of them.

        A dataset with a token of its own goes on, and what was stopped stays stopped.
        """
        datasets = self.dataset_ids.filtered(
            lambda row: not row.has_access_token and row.state != "stopped"
        )
        datasets.write({"state": "paused", "trouble": words, "resume_at": False})
        datasets._clear_alarms(PAUSED)
        self.page_ids.write({"state": "reconnect", "trouble": words})
        self.page_ids._clear_alarms(RECONNECT, CATCH_UP)

    def _is_told_otherwise(self, kind):
        # All that is broken then is broken for the one cause that has its activity.
        is_gone = self.extension_state == "uninstalled"
        return is_gone or super()._is_told_otherwise(kind)

    def action_disconnect_extension(self):
        """Uninstall the app at Meta, and only then forget the token here."""
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if connection.extension_state != "connected":
            raise UserError(self.env._("This connection is not connected."))
        with connection._get_client() as graph:
            result = calls_extension.uninstall(graph, connection.external_business_id)
        connection._log_extension(result, english._lt("Uninstall the app"))
        if result.data is None and result.answer.code != TOKEN_DEAD:
            answer = result.answer
            said = answer.message or answer.meaning or ""
            return self._notify(
                self.env._(
                    "Still connected, because Meta did not uninstall the app. Meta "
                    "says: %s",
                    said,
                ),
                "danger",
            )
        connection.feature_ids.unlink()
        connection.write(
            {
                "extension_state": "new",
                "access_token_stored": False,
                "uses_lead_ads": False,
                "uses_measurement": False,
                "extension_missing": False,
                "installs_due_at": False,
            }
        )
        # Those of the Pages came with it, and are no good without it.
        connection.with_context(active_test=False).page_ids.write(
            {"access_token_stored": False}
        )
        connection._rest_all(DISCONNECTED_WORDS)
        connection._clear_alarms(UNINSTALLED)
        return self._notify(
            self.env._("Disconnected. What is queued waits until you connect again."),
            "success",
        )

    def action_read_installs(self):
        """Ask Meta now what the business has installed."""
        self.ensure_one()
        self.check_access("write")
        connection = self.sudo()
        if not connection.has_access_token:
            raise UserError(self.env._("Connect with Meta first."))
        with connection._get_client() as graph:
            result = calls_extension.installs(graph, connection.external_business_id)
            facts = None
            try:
                install = installs.read(connection._taken(result))
                facts = install and connection._ask_for_facts(graph, install)
            except Refused as refused:
                return self._notify(str(refused), "danger")
        connection._store_installs(result, facts, connection.installs_due_at)
        return self._notify(self.env._("Read anew from Meta."), "success")


class MetaLeadPage(models.Model):
    _inherit = "meta.lead.page"

    def _is_told_otherwise(self, kind):
        # The uninstall has its activity on the connection.
        is_gone = self.connection_id.extension_state == "uninstalled"
        return is_gone or super()._is_told_otherwise(kind)

    def _is_alarm_told(self, cause):
        is_gone = self.connection_id.extension_state == "uninstalled"
        return is_gone or super()._is_alarm_told(cause)
