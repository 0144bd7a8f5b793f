from dataclasses import dataclass, field, replace

from ..protocol import client, health, health_log, health_page
from ..protocol import words as english
from ..protocol.calls import LEADGEN
from ..protocol.redact import redact
from ..protocol.reply import Result

#: Seconds for one request of a look; a person may be waiting.
TIMEOUT = 15
TOKEN_DEAD = health.TOKEN_DEAD


@dataclass
class Plan:
    """What a look asks Meta, and the answers. Needs no cursor, and never raises.

    ``trouble`` says why Meta cannot be asked at all.
    """

    url: str = ""
    version: str = ""
    app_id: str | None = None
    app_secret: str | None = field(default=None, repr=False)
    trouble: str = ""
    results: list[Result] = field(default_factory=list, repr=False)
    #: What each of the results was asked for, in words.
    asked: list[str] = field(default_factory=list)

    @property
    def is_silent(self) -> bool:
        """Whether Meta did not answer: no further question is worth its time."""
        return any(result.reply.status is None for result in self.results)

    def ask(self) -> None:
        """Ask all that is to be asked."""
        if self.trouble:
            return
        try:
            self._ask()
        except ValueError as error:
            # In words, and without the token: see ``GraphClient``.
            self.trouble = str(error)

    def _ask(self) -> None:
        raise NotImplementedError

    def _client(self, token, prove=True):
        return client.GraphClient(
            self.url,
            self.version,
            token,
            app_secret=self.app_secret if prove else None,
            timeout=TIMEOUT,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """All of them: an answer to one token's call may tell of another token."""
        names = ("app_secret", "token", "parent_token", "new_token")
        return tuple(filter(None, (getattr(self, name, None) for name in names)))

    def _clean(self, result):
        """The result without any secret of this plan in its words."""
        answer = replace(
            result.answer,
            title=redact(result.answer.title, self.secrets),
            message=redact(result.answer.message, self.secrets),
            warnings=tuple(
                redact(text, self.secrets) for text in result.answer.warnings
            ),
        )
        return replace(result, answer=answer)

    def _keep(self, result, asked):
        """Note a result for the sync log; returns it without secrets.

        :param str asked: what it answers, in words
        """
        result = self._clean(result)
        self.results.append(result)
        self.asked.append(asked)
        return result

    def get_log_rows(self):
        """What the sync log is to tell: each refusal, else one line for all of it.

        :rtype: list[tuple[Result, str]]
        """
        rows = [*zip(self.results, self.asked, strict=True)]
        refused = [row for row in rows if not row[0].answer.accepted]
        if refused or not rows:
            return refused
        last = self.results[-1]
        took = sum(row.reply.duration_ms for row in self.results)
        whole = replace(last, reply=replace(last.reply, duration_ms=took))
        return [(whole, ", ".join(dict.fromkeys(self.asked)))]


@dataclass
class ConnectionPlan(Plan):
    """The questions about a connection: its token, and the app's webhook."""

    token: str | None = field(default=None, repr=False)
    wants_webhook: bool = False
    token_result: Result | None = None
    app_result: Result | None = None
    #: The first answer to the app itself: it tells what App ID and secret are worth.
    secret_result: Result | None = None

    def _ask(self):
        if self.app_id and self.app_secret:
            with self._client(f"{self.app_id}|{self.app_secret}") as graph:
                self._ask_as_app(graph)
        if self.token and not self._is_token_told() and not self.is_silent:
            # Of a token of another app, such as one made in Events Manager, only the
            # token itself may ask.
            with self._client(self.token, prove=False) as graph:
                self.token_result = self._clean(graph.debug_token(self.token))
                self._keep_token_result()

    def _ask_as_app(self, graph):
        if self.wants_webhook:
            result = graph.app_subscriptions(self.app_id)
            self.app_result = self._keep(result, english._lt("Webhook at Meta"))
            self.secret_result = self.app_result
        if self.token and not self.is_silent:
            result = self._clean(graph.debug_token(self.token))
            self.token_result = result
            self.secret_result = self.secret_result or result
            if result.answer.accepted or result.reply.status is None:
                self._keep_token_result()

    def _keep_token_result(self):
        """The question is answered also where the token is bad: the log tells that."""
        self._keep(health_log.told_token(self.token_result), "Token")

    def _is_token_told(self):
        return bool(self.token_result) and self.token_result.answer.accepted


@dataclass
class PagePlan(Plan):
    """The questions about a Page: may we read it and its leads, do webhooks come?"""

    page_id: str = ""
    token: str | None = field(default=None, repr=False)
    parent_token: str | None = field(default=None, repr=False)
    #: Of the person whose token the connection has; None for a system user's.
    user_id: str | None = None
    lead_ids: tuple[str, ...] = ()
    form_ids: tuple[str, ...] = ()
    may_subscribe: bool = False

    new_token: str | None = field(default=None, repr=False)
    token_result: Result | None = None
    node_result: Result | None = None
    subscription_result: Result | None = None
    subscribed_fields: list[str] = field(default_factory=list)
    subscribe_result: Result | None = None
    told_result: Result | None = None
    tried_result: Result | None = None

    def _ask(self):
        if not self.token:
            self._derive()
        if self.token:
            self._ask_node()
            # A derived token dies with the one it came from; derive it once more.
            if self._is_dead() and self.parent_token:
                self._derive()
                if self.new_token:
                    self._ask_node()
        if self.token and not self._is_dead() and not self.is_silent:
            with self._client(self.token) as graph:
                self._ask_subscription(graph)
                self._try_to_read(graph)
        if self.user_id and self.app_id and self.parent_token and not self.is_silent:
            with self._client(self.parent_token) as graph:
                self.told_result = self._keep(
                    graph.lead_access(self.page_id, self.user_id, self.app_id),
                    english._lt("Leads access"),
                )

    def _is_dead(self):
        result = self.node_result
        return bool(result) and result.answer.code == TOKEN_DEAD

    def _derive(self):
        if not self.parent_token:
            return
        with self._client(self.parent_token) as graph:
            result = self._keep(
                graph.page_token(self.page_id), english._lt("Page token")
            )
        self.token_result = result
        token = (result.data or {}).get("access_token")
        if isinstance(token, str) and token.strip():
            self.token = self.new_token = token.strip()

    def _ask_node(self):
        with self._client(self.token) as graph:
            self.node_result = self._keep(
                graph.page_health(self.page_id), english._lt("Page and Lead Ads Terms")
            )

    def _ask_subscription(self, graph):
        if not self.app_id:
            return
        self._read_subscription(graph)
        is_lost = (
            self.subscription_result.answer.accepted
            and LEADGEN not in self.subscribed_fields
        )
        if not is_lost or not self.may_subscribe:
            return
        self.subscribe_result = self._keep(
            graph.subscribe_page(self.page_id, self.app_id),
            english._lt("Subscribe to leads"),
        )
        if self.subscribe_result.answer.accepted:
            self._read_subscription(graph)

    def _read_subscription(self, graph):
        result, fields = graph.subscribed_fields(self.page_id, self.app_id)
        self.subscription_result = self._keep(result, english._lt("Page subscription"))
        self.subscribed_fields = fields

    def _try_to_read(self, graph):
        """Read something as the way in does, until an answer tells of the Page."""
        tries = [
            *(
                (graph.read_lead, lead_id, english._lt("Lead %(id)s"))
                for lead_id in self.lead_ids
            ),
            *(
                (graph.try_form, form_id, english._lt("Leads of form %(id)s"))
                for form_id in self.form_ids
            ),
        ]
        for call, meta_id, asked in tries:
            if self.is_silent:
                return
            result = self._clean(call(meta_id))
            self.tried_result = result
            if result.answer.accepted or not health_page.is_hidden(result):
                self._keep(result, asked % {"id": meta_id})
                return
