"""A year's work for the benchmark of screens: leads, their events, and the log."""

from __future__ import annotations

from odoo.api import SUPERUSER_ID, Environment

from .bench_events import Scene
from .bench_growth import add_log, without_foreign_keys

LEADS = 20_000
#: Each lead has one of each of the five names that the mapping has.
EVENTS = 5 * LEADS
LOG_ROWS = 60_000
#: Of each account.
CHATS = 2_000
DAYS = 180
PAGE, FORM = "110000000000001", "220000000000001"
QUESTIONS = [
    {"key": "full_name", "label": "Full name", "type": "FULL_NAME"},
    {"key": "email", "label": "Email", "type": "EMAIL"},
    {"key": "phone_number", "label": "Phone", "type": "PHONE"},
    {"key": "budget", "label": "Your budget", "type": "CUSTOM"},
]


def fill(scene: Scene) -> None:
    """20,000 leads of half a year with 100,000 events and 60,000 lines of log."""
    admin = add_set_up(scene)
    scene.make_leads(LEADS)
    spread_leads(scene, admin)
    add_history(scene)
    with without_foreign_keys(scene, "meta_capi_event"):
        add_events(scene)
    with without_foreign_keys(scene, "meta_sync_log"):
        add_log(scene, LOG_ROWS)
    add_count(scene)
    add_quality(scene)
    add_chats(scene)
    add_plan(scene)
    scene.tidy(
        *("crm_lead", "meta_lead_submission", "meta_capi_event", "meta_sync_log"),
        *("mail_message", "mail_tracking_value", "meta_capi_quality"),
        "meta_lead_referral",
    )
    ((found,),) = [scene.query("SELECT count(*) FROM meta_capi_event")]
    if found[0] != EVENTS:
        raise AssertionError(f"{found[0]} events instead of {EVENTS}")


def add_set_up(scene: Scene) -> int:
    """A Page with a form; an administrator; scheduled actions that rest.

    :return: the id of who looks
    """
    with scene.registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        connection = env["meta.connection"].search([], limit=1)
        page = env["meta.lead.page"].create(
            {"name": "Bench", "meta_id": PAGE, "connection_id": connection.id}
        )
        env["meta.lead.form"].create(
            {
                "name": "Spring offer",
                "meta_id": FORM,
                "page_id": page.id,
                "question_ids": [(0, 0, question) for question in QUESTIONS],
            }
        )
        env["crm.lead"].search([("name", "=", "Template")]).type = "opportunity"
        admin = env.ref("base.user_admin")
        admin.group_ids |= env.ref("meta_crm_capi.group_meta_administrator")
        crons = env["ir.cron"].search([("cron_name", "=like", "Meta:%")])
        # None is due, and none is late.
        crons.nextcall = env.cr.now().replace(microsecond=0, year=env.cr.now().year + 1)
        return admin.id


def spread_leads(scene: Scene, admin: int) -> None:
    """Leads of the Page's form, over the days and stages; who looks has 40 of them."""
    scene.query(
        """
        UPDATE meta_lead_submission SET
               page_id = page.id, page_meta_id = page.meta_id, form_id = form.id,
               form_meta_id = form.meta_id, platform = 'fb',
               campaign_id = '120' || mod(meta_lead_submission.id, 12),
               campaign_name = 'Campaign ' || mod(meta_lead_submission.id, 12),
               submitted_at = clock.now
                 - mod(meta_lead_submission.id * 7919, %(days)s) * interval '1 day'
                 - interval '1 hour',
               create_date = clock.now
                 - mod(meta_lead_submission.id * 7919, %(days)s) * interval '1 day'
          FROM meta_lead_page page, meta_lead_form form,
               (SELECT date_trunc('second', now() AT TIME ZONE 'UTC') AS now) clock
        """,
        days=DAYS,
    )
    scene.query(
        """
        UPDATE crm_lead SET
               create_date = submission.create_date,
               write_date = submission.create_date + interval '1 hour',
               user_id = CASE WHEN mod(crm_lead.id, 500) = 0 THEN %(admin)s
                              ELSE crm_lead.user_id END,
               stage_id = (%(stages)s::int[])
                   [1 + LEAST(mod(crm_lead.id, 7), %(last)s)]
          FROM meta_lead_submission submission WHERE submission.lead_id = crm_lead.id
        """,
        stages=scene.stages,
        last=len(scene.stages) - 1,
        admin=admin,
    )


def add_count(scene: Scene) -> None:
    """Meta was asked which leads the form has, but for one in a hundred."""
    scene.query(
        """
        WITH count AS (
            INSERT INTO meta_lead_count
                   (form_id, company_id, since, state, started_at, listed_count)
            SELECT form.id, form.company_id,
                   now() AT TIME ZONE 'UTC' - interval '90 days', 'done',
                   now() AT TIME ZONE 'UTC', 0
              FROM meta_lead_form form WHERE form.meta_id = %(form)s
         RETURNING id, form_id, since)
        INSERT INTO meta_lead_listed (count_id, meta_id, submitted_at)
        SELECT count.id, submission.meta_id, submission.submitted_at
          FROM count JOIN meta_lead_submission submission USING (form_id)
         WHERE submission.submitted_at > count.since AND mod(submission.id, 100) > 0
        """,
        form=FORM,
    )


def add_quality(scene: Scene) -> None:
    """What Meta was asked on each day: four events that it measured, and the whole."""
    scene.query(
        """
        INSERT INTO meta_capi_quality
               (dataset_id, company_id, day, event_name, verdict, match_quality,
                coverage, lead_coverage, lead_count, covered_count)
        SELECT dataset.id, dataset.company_id, current_date - day, event,
               CASE WHEN event IS NULL THEN 'measured' END,
               CASE WHEN event IS NOT NULL THEN 5 + mod(day, 40) / 10.0 END,
               CASE WHEN event IS NOT NULL THEN 60 + mod(day, 30) END,
               CASE WHEN event IS NULL THEN 60 + mod(day, 40) END, 100, 60
          FROM meta_capi_dataset dataset, generate_series(0, %(days)s - 1) day,
               unnest(ARRAY[NULL, 'Lead', 'Purchase', 'Contact', 'ViewContent']) event
         WHERE dataset.id = %(dataset)s
        """,
        days=DAYS,
        dataset=scene.dataset,
    )


def add_chats(scene: Scene) -> None:
    """People who wrote from ads to two accounts, all of them kept for later."""
    with scene.registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        connection = env["meta.connection"].search([], limit=1)
        accounts = env["meta.lead.account"].create(
            [
                {
                    "name": channel.title(),
                    "channel": channel,
                    "meta_id": f"10{place}",
                    "connection_id": connection.id,
                    "company_id": connection.company_id.id,
                }
                for place, channel in enumerate(("whatsapp", "instagram"))
            ]
        )
        accounts.flush_recordset()
        cursor.execute(
            """
            INSERT INTO meta_lead_referral
                   (key, channel, account_id, connection_id, company_id, ad_id, sent_at,
                    state, create_date)
            SELECT md5(account.id || '-' || number), account.channel, account.id,
                   account.connection_id, account.company_id, '1', moment, 'waiting',
                   moment
              FROM meta_lead_account account, generate_series(1, %s) number,
                   LATERAL (SELECT now() AT TIME ZONE 'UTC'
                                   - number * interval '1 hour' AS moment) clock
            """,
            [CHATS],
        )


def add_plan(scene: Scene) -> None:
    """The past steps of everybody whom something happened to in the last 7 days."""
    with scene.registry.cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        env["meta.capi.backfill"].create({}).action_plan()


def add_history(scene: Scene) -> None:
    """What Odoo tracked when each lead left the first stage: the dry run reads it."""
    scene.query(
        """
        WITH message AS (
            INSERT INTO mail_message
                   (model, res_id, message_type, date, create_date, write_date,
                    is_internal)
            SELECT 'crm.lead', id, 'notification', write_date, write_date, write_date,
                   true
              FROM crm_lead
             WHERE stage_id <> %(first)s AND name <> 'Template'
         RETURNING id, res_id)
        INSERT INTO mail_tracking_value
               (mail_message_id, field_id, old_value_integer, new_value_integer,
                old_value_char, new_value_char)
        SELECT message.id, field.id, old.id, new.id, old.name->>'en_US',
               new.name->>'en_US'
          FROM message
          JOIN crm_lead lead ON lead.id = message.res_id
          JOIN crm_stage new ON new.id = lead.stage_id
          JOIN crm_stage old ON old.id = %(first)s
          JOIN ir_model_fields field
            ON field.model = 'crm.lead' AND field.name = 'stage_id'
        """,
        first=scene.stages[0],
    )


def add_events(scene: Scene) -> None:
    """Each lead's way through the funnel; what waits is not due yet."""
    scene.query(
        """
        INSERT INTO meta_capi_event
               (dataset_id, submission_id, lead_id, company_id, rule_id, step,
                stage_id, entry, event_name, event_id, event_time, state, tries,
                accepted_at, next_try_at, reason, trace_id, create_date, write_date)
        SELECT rule.dataset_id, submission.id, submission.lead_id,
               submission.company_id, rule.id, rule.step, rule.stage_id, 0,
               rule.event_name, md5(submission.id || rule.event_name)::uuid::text,
               moment, outcome.state, 1,
               CASE WHEN outcome.state = 'accepted'
                    THEN moment + interval '40 seconds' END,
               CASE WHEN outcome.state = 'queued'
                    THEN now() AT TIME ZONE 'UTC' + interval '1 day' END,
               CASE WHEN outcome.state = 'not_sent' THEN 'No rule for this step.'
                    WHEN outcome.state = 'refused' THEN 'Invalid parameter' END,
               'stub', moment, moment
          FROM meta_lead_submission submission
          JOIN meta_capi_rule rule ON rule.dataset_id = %(dataset)s AND rule.active,
               LATERAL (SELECT LEAST(
                   submission.create_date + rule.id %% 5 * interval '2 days',
                   now() AT TIME ZONE 'UTC' - interval '10 minutes') AS moment) time,
               LATERAL (SELECT CASE
                   WHEN moment > now() AT TIME ZONE 'UTC' - interval '20 minutes'
                        AND mod(submission.id, 5) = 0 THEN 'queued'
                   WHEN mod(submission.id + rule.id, 50) = 0 THEN 'refused'
                   WHEN mod(submission.id + rule.id, 97) = 0 THEN 'expired'
                   WHEN mod(submission.id + rule.id, 11) = 0 THEN 'not_sent'
                   ELSE 'accepted' END AS state) outcome
      ORDER BY moment
        """,
        dataset=scene.dataset,
    )
