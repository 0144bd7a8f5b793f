{
    "name": "Example: a further kind of step for Meta",
    "version": "19.0.1.0.0",
    "author": "meta_crm_capi contributors",
    "license": "LGPL-3",
    "depends": ["meta_crm_capi"],
}
