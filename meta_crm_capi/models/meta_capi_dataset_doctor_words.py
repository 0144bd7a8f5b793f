from odoo import api, models
from odoo.tools import float_round, formatLang

from ..protocol import doctor
from .words import show

#: Periods that can be chosen (days).
PERIODS = (30, 60, 90, 180)


class MetaCapiDataset(models.Model):
    """The funnel doctor in words: what the screen shows, and what each number opens."""

    _inherit = "meta.capi.dataset"

    @api.model
    def get_funnel_doctor(self, dataset_id=None, days=90):
        """All that the funnel doctor shows of one dataset, in the reader's language.

        :param dataset_id: of the dataset; without, the first one that may be read
        :param int days: the length of the period, one of :data:`PERIODS`
        :return: ``{"datasets", "dataset", "days", "periods", "milestones", "steps",
            "recommendation", "notes"}``; ``dataset`` is False where there is none
        :rtype: dict
        """
        dataset, choice = self._choose_for_screen(dataset_id, days, PERIODS)
        if not dataset:
            return choice
        facts, steps = dataset._find_funnel(days)
        since = dataset._get_since(days)
        best = doctor.recommended(facts.steps, facts.leads)
        return {
            **choice,
            "milestones": dataset._describe_milestones(facts, since, best),
            "steps": [
                dataset._describe_step(step, facts, since, best) for step in steps
            ],
            "recommendation": dataset._describe_recommendation(facts, best),
        }

    # --- milestones -----------------------------------------------------------

    def _describe_milestones(self, facts, since, best):
        """Meta's six milestones, each with its status, words and checks."""
        status = doctor.milestones(facts)
        titles = {
            doctor.DATASET: self.env._("A CRM dataset"),
            doctor.EVENTS: self.env._("Events reach Meta"),
            doctor.DATA: self.env._("Enough data"),
            doctor.FUNNEL: self.env._("Sales funnel set up at Meta"),
            doctor.LEARNING: self.env._("Meta learns"),
            doctor.CAMPAIGNS: self.env._("Campaigns for conversion leads"),
        }
        return [
            {
                "key": key,
                "title": titles[key],
                "status": status[key],
                "words": self._describe_milestone(key, status[key], facts, best),
                "checks": self._describe_data(facts, since)
                if key == doctor.DATA
                else [],
            }
            for key in doctor.MILESTONES
        ]

    def _describe_milestone(self, key, status, facts, best):
        """What to do about a milestone, or what was reached."""
        if key == doctor.DATASET:
            if status == doctor.DONE:
                return self.env._("Odoo sends to the dataset %s.", self.meta_id)
            if self.state == "paused":
                words = show(self.env, self.trouble)
                return words or self.env._("Paused: see the dataset.")
            return self.env._("The dataset is stopped: resume it, or nothing is sent.")
        if key == doctor.EVENTS:
            if status == doctor.DONE:
                return self.env._("Meta has accepted events of this dataset.")
            return self.env._(
                "Meta has accepted nothing yet. Let a Meta lead take a step, and look "
                "at the events that wait or were refused."
            )
        if key == doctor.DATA:
            if status == doctor.DONE:
                return self.env._("There is enough to set up the sales funnel with.")
            return self.env._(
                "Meta wants the following before it can judge your funnel. The days "
                "need not be in a row."
            )
        if key == doctor.FUNNEL:
            return self._describe_funnel(status, best)
        if key == doctor.LEARNING:
            return self._describe_learning(facts)
        return self.env._(
            "In Ads Manager choose the performance goal for conversion leads, with "
            "this dataset, in the ad sets of your lead forms. Never change the "
            "dataset afterwards: the learning would start again."
        )

    def _describe_funnel(self, status, best):
        chosen = self.optimised_rule_id.event_name
        if status == doctor.DONE:
            return self.env._("You chose “%s” at Meta.", chosen)
        if status == doctor.FALLS_SHORT:
            return self.env._(
                "You chose “%s” at Meta, which it cannot optimise for at present: see "
                "the table.",
                chosen,
            )
        if best:
            return self.env._(
                "In Events Manager open the dataset, then Settings, then Conversion "
                "Leads: put the steps in order and choose “%s”. Enter the choice on "
                "the dataset here.",
                best.event_name,
            )
        return self.env._(
            "Later, in Events Manager: put the steps in order and choose the one to "
            "optimise for."
        )

    def _describe_learning(self, facts):
        least, most = (days // 7 for days in doctor.LEARNING_DAYS)
        if facts.days_since_chosen is None:
            return self.env._(
                "After the choice, Meta learns for %(least)s to %(most)s weeks.",
                least=least,
                most=most,
            )
        return self.env._(
            "Days since your choice: %(days)s. Meta learns for %(least)s to %(most)s "
            "weeks; Events Manager says when it has finished.",
            days=facts.days_since_chosen,
            least=least,
            most=most,
        )

    def _describe_data(self, facts, since):
        """Each thing that makes data enough: its value, its target, what it opens."""
        submissions = "meta.lead.submission"
        reported = facts.reported_steps
        has_raw_lead = any(step.is_raw_lead for step in reported)
        return [
            self._describe_check(
                self.env._("Days with data"),
                str(facts.days_with_data),
                self.env._("at least %s", doctor.DATA_DAYS),
                facts.days_with_data >= doctor.DATA_DAYS,
                self._prepare_opening(
                    "meta.capi.event",
                    [
                        ("dataset_id", "=", self.id),
                        ("state", "=", "accepted"),
                        ("accepted_at", ">=", since),
                    ],
                    self.env._("Accepted events"),
                ),
            ),
            self._describe_check(
                self.env._("Leads that Meta was told of"),
                self.env._(
                    "%(share)s (%(covered)s of %(leads)s)",
                    share=self._as_percent(facts.coverage),
                    covered=facts.covered,
                    leads=facts.leads,
                ),
                self.env._("at least %s", self._as_percent(doctor.LEAST_COVERAGE)),
                (facts.coverage or 0) >= doctor.LEAST_COVERAGE,
                self._prepare_opening(
                    submissions,
                    self._get_leads_domain(since) & ~self._get_told_domain(),
                    self.env._("Leads that Meta was not told of"),
                ),
            ),
            self._describe_check(
                self.env._("Steps reported"),
                str(len(reported)),
                self.env._(
                    "at least %(least)s, better %(good)s",
                    least=doctor.LEAST_STEPS,
                    good=doctor.GOOD_STEPS,
                ),
                len(reported) >= doctor.LEAST_STEPS,
                self._prepare_opening(
                    "meta.capi.rule",
                    [("dataset_id", "=", self.id)],
                    self.env._("Funnel-stage mapping"),
                ),
            ),
            self._describe_check(
                self.env._("Raw lead among them"),
                self.env._("yes") if has_raw_lead else self.env._("no"),
                self.env._("needed"),
                has_raw_lead,
                False,
            ),
            self._describe_check(
                self.env._("Leads in the last 30 days"),
                str(facts.leads_a_month),
                self.env._("about %s wished for", doctor.LEADS_A_MONTH),
                facts.leads_a_month >= doctor.LEADS_A_MONTH,
                self._prepare_opening(
                    submissions,
                    self._get_leads_domain(self._get_since(30)),
                    self.env._("Leads in the last 30 days"),
                ),
                is_wish=True,
            ),
        ]

    @api.model
    def _describe_check(self, label, value, target, is_met, opens, *, is_wish=False):
        return {
            "label": label,
            "value": value,
            "target": target,
            "is_met": is_met,
            "is_wish": is_wish,
            "opens": opens,
        }

    # --- steps ----------------------------------------------------------------

    def _describe_step(self, step, facts, since, best):
        """A line of the table: how many leads, how soon, and what speaks against it."""
        found = step.facts
        share = doctor.rate(found, facts.leads)
        against = [] if step.is_lost else doctor.objections(found, facts.leads)
        return {
            "event_name": found.event_name,
            "label": self._get_step_label(step),
            "leads": found.leads,
            "rate": share and float_round(share * 100, precision_digits=2),
            "rate_text": self._as_percent(share),
            "median_text": self._as_days(found.median),
            "p90_text": self._as_days(found.p90),
            "objections": [self._describe_objection(one) for one in against],
            "is_side": step.is_lost,
            "is_raw_lead": found.is_raw_lead,
            "can_be_chosen": not step.is_lost
            and doctor.MERE_ADVICE.issuperset(against),
            "is_recommended": found == best,
            "is_chosen": found.event_name == facts.chosen,
            "opens": self._prepare_opening(
                "meta.capi.event",
                self._get_step_domain(since, found.event_name),
                found.event_name,
            ),
        }

    @api.model
    def _get_step_label(self, step):
        """What the step is in Odoo."""
        if not step.rules:
            return self.env._("No longer mapped")
        steps = dict(step.rules._fields["step"]._description_selection(self.env))
        names = [rule.stage_id.name or steps[rule.step] for rule in step.rules]
        return ", ".join(dict.fromkeys(names))

    @api.model
    def _describe_objection(self, objection):
        """Why Meta cannot, or should not, optimise for a step."""
        return {
            doctor.IS_RAW_LEAD: self.env._("Every lead: the beginning of the funnel"),
            doctor.NOBODY: self.env._("No lead got here in this period"),
            doctor.TOO_RARE: self.env._("Too rare: fewer than 1 of 100 leads"),
            doctor.TOO_COMMON: self.env._("Too common: more than 40 of 100 leads"),
            doctor.TOO_SLOW: self.env._("Too late: half take longer than 28 days"),
            doctor.SLOW_TAIL: self.env._("One in ten takes longer than 28 days"),
            doctor.FEW_LEADS: self.env._("Few leads: the share may change much"),
        }[objection]

    def _describe_recommendation(self, facts, best):
        """Which step to optimise for, and why."""
        if not facts.leads:
            return self.env._("There were no Meta leads in this period.")
        if not best:
            return self.env._(
                "No step fits yet. Meta optimises for a step that 1 to 40 of 100 "
                "leads reach, half of them within 28 days. Map a step in between, or "
                "choose a longer period."
            )
        return self.env._(
            "Optimise for “%(event)s”: it is the earliest step that Meta can learn "
            "from. Leads that reach it: %(share)s. Time for half of them: %(days)s.",
            event=best.event_name,
            share=self._as_percent(doctor.rate(best, facts.leads)),
            days=self._as_days(best.median),
        )

    # --- forms of numbers -----------------------------------------------------

    @api.model
    def _as_percent(self, share):
        if share is None:
            return "–"
        digits = 1 if share < 0.1 else 0
        return self.env._("%s %%", formatLang(self.env, share * 100, digits=digits))

    @api.model
    def _as_days(self, days):
        if days is None:
            return "–"
        if days < 1:
            hours = formatLang(self.env, max(0, days) * 24, digits=0)
            return self.env._("%s h", hours)
        if round(days, 1) == 1:
            return self.env._("1 day")
        digits = 1 if days < 10 else 0
        return self.env._("%s days", formatLang(self.env, days, digits=digits))

    @api.model
    def _prepare_opening(self, model, domain, name):
        """The action that shows the records behind a number."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "domain": list(domain),
            "views": [[False, "list"], [False, "form"]],
            "context": {"create": False},
        }
