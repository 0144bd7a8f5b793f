"""What a login at Meta and chats from ads leave in the database and in the log."""

from __future__ import annotations

import hashlib
import hmac
import json

import requests

from tests.addon.chats import NAME, SAID, messenger, whatsapp
from tests.workbench.meta_dialog import CALLBACK, open_dialog, press
from tests.workbench.odoo_server import Server
from tests.workbench.workbench import Workbench

from .firm import Firm

WEBHOOK_TOKEN = "EAAtokenOfTheWebhook1234"


def tables_with(workbench: Workbench, database: str, text: str) -> set[str]:
    """The tables of which a row has this text in any of its columns."""
    with workbench.odoo.connection.cursor(database) as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = set()
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT 1 FROM "{table}" row WHERE position(%s IN row::text) > 0'
                " LIMIT 1",
                [text],
            )
            if cursor.fetchone():
                found.add(table)
        return found


def post(firm: Firm, url: str, raw: bytes) -> None:
    """Meta's webhook, signed."""
    digest = hmac.new(firm.app_secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}"}
    answer = requests.post(url, data=raw, headers=headers, timeout=30)
    assert answer.status_code == 200


def test_tokens_are_in_their_columns_alone_and_no_code_or_message_is_anywhere(
    firm: Firm, server: Server, workbench: Workbench
):
    firm.meta.add_business(
        f"105{firm.app_id[3:]}", firm.name, [firm.page_id], [firm.dataset_id]
    )
    firm.meta.allow_extension(firm.app_id, [f"{server.url}{CALLBACK}"])
    admin = firm.session("administrator")
    connection = admin.create(
        "meta.connection",
        {
            "name": "Sunny Roofs",
            "made_by": "extension",
            "app_id": firm.app_id,
            "app_secret": firm.app_secret,
        },
    )
    passing = [WEBHOOK_TOKEN, SAID, NAME]
    for entry in ("lead_ads", "measurement"):
        query = press(open_dialog(admin, connection, entry))
        passing += [query["code"], query["state"]]
        assert "Connected" in admin.get(CALLBACK, query)
        assert "used already" in admin.get(CALLBACK, query)
    ((name, install),) = firm.meta.installs().items()
    told = firm.meta.install_webhook(name, "INSTALL")
    told["entry"][0]["changes"][0]["value"]["access_token"] = WEBHOOK_TOKEN
    (row,) = admin.search_read(
        "meta.connection", [("id", "=", connection)], ["callback_url"]
    )
    for raw in (whatsapp(), messenger(), json.dumps(told).encode()):
        post(firm, row["callback_url"], raw)

    *former, token = install["tokens"]
    assert tables_with(workbench, server.database, token) == {"meta_connection"}
    for text in (*former, *passing):
        assert tables_with(workbench, server.database, text) == set(), text[:12]
    log = server.log.read_text()
    secrets = (token, firm.app_secret, *former, *passing)
    assert [text[:12] for text in secrets if text in log] == []

    admin("meta.connection", "action_disconnect_extension", [connection])

    with workbench.odoo.connection.cursor(server.database) as cursor:
        cursor.execute(
            "SELECT page.access_token_stored, owner.access_token_stored"
            "  FROM meta_connection owner JOIN meta_lead_page page"
            "    ON page.connection_id = owner.id WHERE owner.id = %s",
            [connection],
        )
        assert cursor.fetchall() == [(None, None)]
    assert tables_with(workbench, server.database, token) == set()
