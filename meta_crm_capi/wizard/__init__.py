from . import meta_capi_dataset_change
