"""How a bare machine gets Odoo, PostgreSQL and a browser, and what runs on them.

Run as ``python3 -m tests.workbench <command>`` from the top of the repository.
"""
