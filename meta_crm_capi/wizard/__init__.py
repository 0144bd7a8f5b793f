from . import meta_capi_dataset_change, privacy_lookup_wizard
