"""Odoo's own command line, with less patience: a server whose recovery can be awaited.

Run as a script in the place of ``python -m odoo``. Crons are looked for every 1 to 10
seconds instead of every 60 to 70, a lease lasts seconds, and batches are small. All
else is the real thing.
"""

import sys
from importlib import import_module

# The modules beside this file must not hide others.
sys.path.pop(0)

import odoo.cli
import odoo.service.server
from odoo.tools import config

#: Seconds; the test states it.
LEASE = 5
CONSTANTS = {"LEASE": LEASE, "TIMEOUT": LEASE / 2, "MAX_EVENTS": 20}


def main() -> None:
    odoo.service.server.SLEEP_INTERVAL = 1
    config.parse_config(["--config", sys.argv[sys.argv.index("--config") + 1]])
    import_module("odoo.addons.meta_crm_capi")
    for name, module in list(sys.modules.items()):
        if name.startswith("odoo.addons.meta_crm_capi."):
            for constant in CONSTANTS.keys() & vars(module).keys():
                setattr(module, constant, CONSTANTS[constant])
    odoo.cli.main()


if __name__ == "__main__":
    main()
