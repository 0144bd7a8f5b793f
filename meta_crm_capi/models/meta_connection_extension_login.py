import time
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError

from ..protocol import calls_extension, feature_config, installs, signed_state
from ..protocol import words as english
from ..protocol.client import is_token
from ..protocol.text import scalar_text
from . import queue
from .patience import take_in_time
from .words import show

USED_ALREADY = english._lt("This answer of Meta's was used already.")
OTHER_USER = english._lt(
    "Meta's window was opened by another user, or for a company that you may not use."
)
CANCELLED = english._lt(
    "You pressed Cancel in Meta's window. Nothing was connected and nothing changed."
)
NO_CODE = english._lt("Meta's answer holds no code.")
NOTHING_INSTALLED = english._lt(
    "Meta names nothing that was installed for this business."
)
NO_BUSINESS = english._lt("Meta does not say which business portfolio it is.")


class Refused(Exception):
    """Why nothing was connected, in English words."""


class Facts(NamedTuple):
    """What Meta said about one install; nothing of it is stored yet.

    ``pages`` are nodes with ``id``, ``name`` and ``access_token``; ``is_pages_whole``:
    whether none can be missing for want of an answer. ``config`` has what Meta shows of
    the settings of features, as ``feature_config.read`` gives it.
    """

    install: installs.Install
    pages: list
    is_pages_whole: bool
    dataset_name: str | None
    config: dict


class MetaConnection(models.Model):
    """The way back from Meta's login window."""

    _inherit = "meta.connection"

    @api.model
    def _finish_dialog(self, params):
        """Connect what was given in Meta's window.

        :param dict params: the query of the callback address
        :return: whether it is connected, and words about it in the reader's language
        :rtype: tuple[bool, str]
        """
        try:
            words = self._connect(params)
        except Refused as refused:
            return False, show(self.env, str(refused))
        return True, show(self.env, words)

    @api.model
    def _connect(self, params):
        attempt = queue.store(self.env, self._take_attempt, params.get("state"))
        connection = attempt.connection_id
        if params.get("error"):
            if params["error"] == "access_denied":
                raise Refused(CANCELLED)
            said = self.env["meta.sync.log"]._in_words(
                [params.get("error_description") or params["error"]]
            )
            raise Refused(english._lt("Meta says: %(words)s") % {"words": said})
        code = params.get("code")
        if not code:
            raise Refused(NO_CODE)
        token, facts = connection._ask_for_all(code, attempt.redirect_uri)
        return queue.store(
            self.env, connection._store_login, attempt.entry, token, facts
        )

    @api.model
    def _take_attempt(self, state):
        """The attempt that a state belongs to, used by that."""
        try:
            values = signed_state.opened(self._get_state_key(), state, int(time.time()))
        except ValueError as error:
            raise Refused(str(error)) from error
        if values.get("user") != self.env.uid:
            raise Refused(OTHER_USER)
        attempt = self.env["meta.extension.attempt"].sudo()._take(values.get("nonce"))
        if not attempt:
            raise Refused(USED_ALREADY)
        connection = attempt.connection_id
        company = connection.company_id
        if company.id != values.get("company") or company != attempt.company_id:
            raise Refused(OTHER_USER)
        companies = self.env.user.company_ids.ids
        reader = connection.with_user(self.env.user).with_context(
            allowed_company_ids=companies
        )
        try:
            reader.check_access("write")
        except AccessError as error:
            raise Refused(OTHER_USER) from error
        return attempt

    def _ask_for_all(self, code, redirect_uri):
        """Exchange the code, and ask for all that it opens. Stores only the log.

        :return: the system user's token, and :class:`Facts`
        """
        self.ensure_one()
        url, version = self._get_graph_url(), self.graph_version
        secret = self._get_secret("app_secret")
        with calls_extension.LoginClient(url, version, self.app_id, secret) as login:
            result = login.exchange(code, redirect_uri)
        self._log_extension(result, english._lt("Exchange of the code for a token"))
        person = self._taken(result)["access_token"]
        with self._get_client(token=person) as graph:
            result = calls_extension.installs(graph, self.external_business_id)
            self._log_extension(result, english._lt("What the business has installed"))
            install = installs.read(self._taken(result))
            if install is None:
                raise Refused(NOTHING_INSTALLED)
            self._check_business(install)
            result = calls_extension.system_user_token(
                graph, install.business_id, self.app_id, self.external_business_id
            )
        self._log_extension(result, english._lt("Token of the system user"))
        token = self._taken(result)["access_token"]
        with self._get_client(token=token) as graph:
            return token, self._ask_for_facts(graph, install)

    def _check_business(self, install):
        if not install.business_id:
            raise Refused(NO_BUSINESS)
        known = self.business_id if self.extension_state == "connected" else None
        if known and known != install.business_id:
            raise Refused(
                english._lt(
                    "In Meta's window the business portfolio %(given)s was chosen, but "
                    "this company is connected with %(known)s and stays on one. "
                    "Nothing changed. To change it, press Disconnect first."
                )
                % {"given": install.business_id, "known": known}
            )

    def _ask_for_facts(self, graph, install):
        """What Odoo has to know of an install's assets; whatever fails is left out."""
        results = take_in_time(graph.pages())
        wanted = set(install.page_ids)
        nodes = [
            node
            for result in results
            for node in result.rows
            if scalar_text(node.get("id")) in wanted
            and is_token(node.get("access_token"))
        ]
        nodes += self._ask_for_pages(graph, wanted, nodes)
        are_all_here = wanted == {scalar_text(node.get("id")) for node in nodes}
        is_list_whole = results[-1].answer.accepted and not results[-1].has_next
        name = None
        if install.dataset_id:
            result = graph.read_dataset(install.dataset_id)
            name = (result.data or {}).get("name")
        config = calls_extension.configuration(graph, self.external_business_id)
        return Facts(
            install=install,
            pages=nodes,
            is_pages_whole=is_list_whole or are_all_here,
            dataset_name=scalar_text(name),
            config=feature_config.read(config.data),
        )

    @api.model
    def _ask_for_pages(self, graph, wanted, nodes):
        """Pages that were given and are not in Meta's list, each read by itself."""
        listed = {scalar_text(node.get("id")) for node in nodes}
        results = (graph.page_token(page_id) for page_id in sorted(wanted - listed))
        found = [result.data for result in take_in_time(results) if result.data]
        return [
            node
            for node in found
            if scalar_text(node.get("id")) in wanted
            and is_token(node.get("access_token"))
        ]

    @api.model
    def _taken(self, result):
        """The data of an answer that Meta gave; :class:`Refused` where it did not."""
        if result.data is None:
            # No cure: those are of events and of tokens that somebody pastes. The
            # meaning of a broken answer is its message again.
            answer = result.answer
            words = [answer.message, not result.reply.failure and answer.meaning]
            said = self.env["meta.sync.log"]._in_words(words)
            raise Refused(english._lt("Meta says: %(words)s") % {"words": said or ""})
        return result.data

    def _log_extension(self, result, asked):
        self.env["meta.sync.log"].sudo()._add(
            "check", result, connection=self, company=self.company_id, asked=asked
        )
