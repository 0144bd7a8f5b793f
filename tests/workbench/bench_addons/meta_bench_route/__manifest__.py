{
    "name": "Route for measuring",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "summary": "An empty public route to compare the webhook with",
    "author": "meta_crm_capi contributors",
    "website": "https://github.com/meta-crm-capi/meta_crm_capi",
    "license": "LGPL-3",
    "depends": ["base"],
    "installable": True,
}
