"""Anything at any moment: people, deaths and odd answers, drawn from a seed.

Whatever comes between two steps of the delivery, what must hold in the end holds. A
death is an error that nothing of ours catches, and what is not committed is lost by it.
"""

import random
from collections import Counter
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from odoo.addons.meta_crm_capi.models import consent

from .delivery import EVENTS
from .test_deliver_culprits import CulpritCase

SEEDS = 8
RUNS = 10
#: Shares of the moments at which somebody does something, and of odd answers.
PEOPLE, TROUBLE = 0.3, 0.6
ANSWERS = (
    "ok",
    "html",
    "empty",
    "half_answer",
    "lost_answer",
    "no_answer",
    "transient",
    "throttle_account",
    "expired_token",
    "error_in_200",
)
#: Steps before which no request is under way, so that it is sure what came first.
MOMENTS = ("_renew", "_lease_again", "_apply_result", "_heed_answer")


class Death(BaseException):
    """The worker is killed."""


class TestAnything(CulpritCase):
    def live(self, seed):
        self.chance = random.Random(seed)
        self.leads = self.make_known_leads(self.chance.randint(4, 12))
        self.known = self.leads.ids
        for lead in self.chance.sample(self.leads, 3):
            lead.stage_id = self.chance.choice(self.stages[1:])
            self.flush()
        self.mine = self.event_rows(self.leads)
        self.bad = self.mine.browse()
        first = self.mine.sorted(lambda row: (row.event_time, row.id))
        places = [self.rows.ids.index(row.id) for row in first]
        self.spoil(*self.chance.sample(places, self.chance.randint(0, 2)))
        self.dataset.batch_size = self.chance.choice([2, 3, 1000])
        #: Event ids that Meta had when their person said no or was erased.
        self.told_before = {}
        self.deaths = 0
        with self.people():
            for _run in range(RUNS):
                self.live_one_run()
        self.meta.clear_scripts()
        for _run in range(RUNS):
            self.dataset.action_resume()
            self.make_due()
            self.deliver()
        self.check()

    def live_one_run(self):
        if self.chance.random() < TROUBLE:
            self.meta.script_named(self.chance.choice(ANSWERS), EVENTS)
        try:
            self.deliver()
        except Death:
            self.deaths += 1
            # What is built anew is something else now.
            self.leads.exists().email_from = f"after{self.deaths}@example.com"
        self.env.invalidate_all()
        self.make_due()
        if self.chance.random() < 0.8:
            self.dataset.action_resume()

    @contextmanager
    def people(self):
        """Let people, and deaths, come between the steps."""
        with ExitStack() as stack:
            for name in (*MOMENTS, "_claim"):
                original = getattr(type(self.rows), name)

                def step(rows, *args, then=original, name=name, **options):
                    if self.chance.random() < PEOPLE:
                        self.act(rows.env, name)
                    return then(rows, *args, **options)

                stack.enter_context(
                    patch.object(self.registry["meta.capi.event"], name, step)
                )
            yield

    def act(self, env, moment):
        acts = [self.die, self.die, self.move, self.save_dataset]
        if moment in MOMENTS:
            acts += [self.say_no, self.erase, self.send_again]
        self.chance.choice(acts)(env)
        env.flush_all()
        env.cr.flush()

    def pick(self, env):
        return env["crm.lead"].browse(self.chance.choice(self.known)).exists()

    def die(self, env):
        raise Death

    def move(self, env):
        self.pick(env).stage_id = self.chance.choice(self.stages[1:])

    def save_dataset(self, env):
        self.dataset.with_env(env).name = f"Dataset {self.chance.random()}"

    def say_no(self, env):
        lead = self.pick(env)
        self.note_told(env, lead)
        lead.meta_consent = consent.NO

    def erase(self, env):
        lead = self.pick(env)
        self.note_told(env, lead)
        lead.unlink()

    def note_told(self, env, lead):
        submissions = lead.meta_submission_ids
        told = {event["event_id"] for event in self.meta.report()["events"]}
        for meta_id in submissions.mapped("meta_id"):
            self.told_before.setdefault(meta_id, told)

    def send_again(self, env):
        events = env["meta.capi.event"].search([("id", "in", self.mine.ids)])
        events.with_user(self.administrator).action_send_again()

    def check(self):
        report = self.meta.report()
        sent = Counter(event["event_id"] for event in report["events"])
        rows = self.rows.filtered(
            lambda row: row.submission_id in self.mine.submission_id
        )
        self.assertNotIn("queued", rows.mapped("state"))
        self.env.cr.execute("SELECT id FROM meta_capi_lease")
        self.assertFalse(self.env.cr.fetchall())
        for row in rows.filtered("event_id"):
            self.check_row(row, sent[row.event_id])
        self.assertTrue(all(one["identical"] for one in report["duplicates"]))
        needless = [
            one for one in report["duplicates"] if one["first_answer_delivered"]
        ]
        # A worker that is killed may have had the answer.
        self.assertLessEqual(len(needless), self.deaths * len(rows))
        for event in report["events"]:
            told = self.told_before.get(str(event["lead_id"]))
            self.assertTrue(told is None or event["event_id"] in told)

    def check_row(self, row, times):
        if row.state == "accepted":
            self.assertTrue(times)
        elif row.state == "refused":
            self.assertIn(row, self.bad)
        elif row.state == "cancelled" and times:
            self.assertIn("may have", row.reason)
        if row.state in ("refused", "not_sent"):
            self.assertFalse(times)
        if not row.lead_id:
            self.assertFalse(row.body)


def _test_of(seed):
    def test(self):
        self.live(seed)

    return test


for _seed in range(SEEDS):
    _name = f"test_whatever_happens_meta_and_the_outbox_agree_in_the_end_{_seed}"
    setattr(TestAnything, _name, _test_of(_seed))
