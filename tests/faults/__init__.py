"""Real processes that are killed, and what is left of their work.

The addon can only be imported once Odoo knows where addons are: hence the settings
are read before any module here is.
"""

from odoo.tools import config

from tests.workbench.layout import Layout

DATABASE = "test_faults"

_settings = Layout.of_this_clone().odoo_config
if not _settings.is_file():
    raise RuntimeError(
        "these tests need what the workbench brings up:"
        " python3 -m tests.workbench test faults"
    )
config.parse_config(
    [f"--config={_settings}", f"--database={DATABASE}", "--log-level=critical"],
    setup_logging=True,
)
