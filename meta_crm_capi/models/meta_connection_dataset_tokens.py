import time
from collections import Counter
from dataclasses import dataclass, field

from odoo import models

from ..protocol import health, health_log
from ..protocol import words as english
from ..protocol.reply import Result
from .meta_health_plan import ConnectionPlan

TOKEN_OF = english._lt("Token of the dataset %(name)s")


@dataclass
class DatasetTokensPlan(ConnectionPlan):
    """The connection's questions, and those about its datasets' own tokens."""

    #: ``{what tells the dataset from the others: its own token}``.
    own_tokens: dict[str, str] = field(default_factory=dict, repr=False)
    own_results: dict[str, Result] = field(default_factory=dict, repr=False)

    @property
    def secrets(self):
        return (*super().secrets, *self.own_tokens.values())

    def _ask(self):
        super()._ask()
        for name, token in self.own_tokens.items():
            if self.is_silent:
                return
            # As a rule an app that Meta made gave it: only the token itself may ask.
            with self._client(token, prove=False) as graph:
                result = self._clean(graph.debug_token(token))
            self.own_results[name] = result
            # That it may not even ask is no fault: such a token can only send.
            if result.answer.accepted or result.answer.code == health.TOKEN_DEAD:
                told = health_log.told_token(result, health.DATASET_CURE)
                self._keep(told, TOKEN_OF % {"name": name})
            elif result.reply.status is None:
                self._keep(result, TOKEN_OF % {"name": name})


class MetaConnection(models.Model):
    """The end of a dataset's own token is seen before it comes, as the connection's.

    What a dataset is paused for has an alarm already and is not told twice; a token
    that may not even ask about itself is left alone: only an event shows what it is
    worth.
    """

    _inherit = "meta.connection"

    def _plan_health_check(self):
        plan = super()._plan_health_check()
        datasets = self.dataset_ids.filtered(
            lambda dataset: (
                dataset.active
                and dataset.has_access_token
                and dataset.state not in ("paused", "stopped")
            )
        )
        names = Counter(datasets.mapped("display_name"))
        return DatasetTokensPlan(
            **vars(plan),
            own_tokens={
                (
                    dataset.display_name
                    if names[dataset.display_name] == 1
                    # Datasets may have one name.
                    else f"{dataset.display_name} ({dataset.meta_id})"
                ): dataset._get_secret("access_token")
                for dataset in datasets
            },
        )

    def _judge_others(self, plan):
        return {**super()._judge_others(plan), **self._judge_own_tokens(plan)}

    def _judge_own_tokens(self, plan):
        """What is found of the datasets' own tokens; nothing where none has one.

        :param plan: with its answers; one that could ask nothing has none
        :rtype: dict[str, protocol.health.Finding]
        """
        found = {}
        for name, result in getattr(plan, "own_results", {}).items():
            if info := health.token_info(result):
                found[name] = health.token(
                    info, now=time.time(), app_id=None, reads_leads=False
                )
            elif result.answer.code == health.TOKEN_DEAD:
                found[name] = health.unanswered(result)
        if found:
            words = "\n".join(f"{name}: {one.words}" for name, one in found.items())
            level = health.worst([*found.values()])
            cure = health.DATASET_CURE if level in health.NEED_PERSON else ""
            return {"dataset_tokens": health.Finding(level, words, cure)}
        was_looked_at = "dataset_tokens" in self._get_own_findings().mapped("kind")
        if was_looked_at and (plan.trouble or plan.is_silent):
            words = english._lt("Meta could not be asked.")
            return {"dataset_tokens": health.Finding(health.INCONCLUSIVE, words)}
        return {}
