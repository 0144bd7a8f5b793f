from . import (
    base_partner_merge,
    meta_capi_dataset_change,
    meta_capi_test_event,
    meta_extension_feature_change,
    meta_lead_form_remap,
    meta_retention_settings,
    privacy_lookup_wizard,
)
