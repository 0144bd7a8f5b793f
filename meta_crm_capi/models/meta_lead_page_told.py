from odoo import models

from ..protocol import health
from .meta_lead_page import RECONNECT
from .meta_lead_page_catch_up import CATCH_UP
from .meta_lead_page_late import LATE


class MetaLeadPage(models.Model):
    """One activity for one cause, though reading, catch-up and health all meet it.

    The nearest to the cause tells: the connection before its Pages. The others are
    silent only as long as it does, so that nothing stays untold.
    """

    _inherit = "meta.lead.page"

    def _is_told_otherwise(self, kind):
        if kind == "catch_up":
            # The catch-up makes its own.
            return True
        if kind == "page_token" and self._is_token_told():
            return True
        if kind in ("page_token", "lead_access", "waiting"):
            return bool(self._get_alarms([RECONNECT]))
        if kind == "arrivals":
            return self._is_subscription_told() or bool(self._get_alarms([LATE]))
        return super()._is_told_otherwise(kind)

    def _alarm(self, cause, summary, words):
        if self._is_alarm_told(cause):
            self._clear_alarms(cause)
            return
        super()._alarm(cause, summary, words)
        if cause == RECONNECT:
            # It tells again should it not work when leads are read again.
            self._clear_alarms(CATCH_UP)

    def _store_health_check(self, plan):
        result = super()._store_health_check(plan)
        causes = (RECONNECT, CATCH_UP, LATE)
        self._clear_alarms(*(cause for cause in causes if self._is_alarm_told(cause)))
        return result

    def _is_alarm_told(self, cause):
        """Whether another activity tells what an alarm of this cause would."""
        if cause == RECONNECT:
            return self._is_token_told()
        if cause == CATCH_UP:
            return self.state == "reconnect" or self._is_token_told()
        return cause == LATE and self._is_subscription_told()

    def _is_token_told(self):
        """Whether the Page waits for the connection's token, which is told there."""
        waits = self._get_own_findings().filtered(
            lambda row: row.kind == "page_token" and row.level != health.OK
        )
        connection = self.connection_id
        return bool(
            waits and connection.has_access_token and connection._has_told("token")
        )

    def _is_subscription_told(self):
        """Whether it is told that Meta announces nothing, here or on the connection."""
        connection = self.connection_id
        return (
            connection._has_told("app")
            or connection._has_told("app_subscription")
            or self._has_told("page_subscription")
        )
