{
    "name": "Example: a further customer key for Meta",
    "version": "19.0.1.0.0",
    "author": "meta_crm_capi contributors",
    "license": "LGPL-3",
    "depends": ["meta_crm_capi"],
    "data": ["views.xml"],
}
