-- A copy of the database must never speak to Meta, nor hold the secrets to do so.
UPDATE meta_connection
   SET app_secret_stored = NULL,
       access_token_stored = NULL,
       webhook_path = 'neutralized-' || id || '-' || md5(random()::text),
       verify_token = md5(random()::text),
       external_business_id = NULL,
       extension_state = 'new';
DELETE FROM meta_extension_attempt;
UPDATE meta_lead_page
   SET access_token_stored = NULL;
UPDATE meta_capi_dataset
   SET access_token_stored = NULL,
       state = 'stopped';
UPDATE meta_capi_event
   SET state = 'cancelled',
       reason = 'The database was neutralized.',
       next_try_at = NULL
 WHERE state = 'queued';
DELETE FROM meta_capi_lease;
UPDATE ir_cron
   SET active = false
 WHERE id IN (SELECT res_id
                FROM ir_model_data
               WHERE model = 'ir.cron'
                 AND module = 'meta_crm_capi');
