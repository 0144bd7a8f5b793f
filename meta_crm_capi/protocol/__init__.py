"""What Meta defines, in plain Python.

Nothing in this package imports Odoo or knows an environment: it turns Meta's bytes
into values and values into what Meta expects. It can be loaded by path, without Odoo
and without importing the addon.
"""
