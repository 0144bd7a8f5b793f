from . import base_partner_merge, meta_capi_dataset_change, privacy_lookup_wizard
