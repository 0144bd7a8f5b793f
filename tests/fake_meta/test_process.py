"""The process and its control: starting, stopping, dying with the parent, errors."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

from .conftest import ANSWERS, APP, DATASET, FORM, PAGE, QUESTIONS, TOKEN
from .control import ControlError, FakeMetaControl
from .process import ROOT, FakeMetaProcess


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int, timeout: float = 10) -> None:
    end = time.monotonic() + timeout
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(pid)


def test_it_answers_once_it_is_started_and_is_gone_once_it_is_stopped():
    with FakeMetaProcess() as running:
        assert running.url.startswith("http://127.0.0.1:")
        answer = requests.get(f"{running.url}/v26.0/me", timeout=5)
        assert answer.json()["error"]["code"] == 2500
        said = running.log.read_text()
        pid = running.pid
        assert os.getsid(pid) == pid  # Ctrl-C reaches only the parent
    assert said == f"fake Meta listening on {running.url}\n"
    wait_until_gone(pid)
    running.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(running.url, timeout=5)


def test_it_dies_with_a_parent_that_is_killed(tmp_path):
    code = (
        "import time\n"
        "from tests.fake_meta.process import FakeMetaProcess\n"
        "running = FakeMetaProcess().start()\n"
        "print(running.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(pid)


def test_a_port_that_is_taken_is_said_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match=f"cannot listen on port {port}"):
            FakeMetaProcess(port).start()


def test_an_open_connection_does_not_hold_up_the_end():
    with FakeMetaProcess() as running:
        running.control.script_named("hang", "*")
        errors: list[Exception] = []

        def hang() -> None:
            try:
                requests.get(f"{running.url}/me", timeout=20)
            except requests.RequestException as error:
                errors.append(error)

        thread = threading.Thread(target=hang)
        thread.start()
        while not running.control.requests():
            time.sleep(0.02)
    thread.join(timeout=10)
    assert len(errors) == 1


def test_reset_forgets_everything_but_never_repeats_an_id(meta):
    first = meta.lead()
    meta.send(meta.event(first))
    meta.control.set_clock_offset(-10_000_000)
    meta.control.script_named("html", times=None)
    meta.control.reset()
    report = meta.control.report()
    assert report == {
        "accepted": 0,
        "counted": 0,
        "not_counted": [],
        "duplicates": [],
        "events": [],
        "refused": [],
        "requests": [],
        "webhooks": [],
    }
    assert meta.call("GET", "me", TOKEN).status_code == 401
    meta.control.add_app(APP, "secret")
    meta.control.add_page(PAGE, "Page")
    meta.control.add_form(FORM, PAGE, "Form", QUESTIONS)
    assert int(meta.control.create_lead(FORM, ANSWERS)) > int(first)


def test_every_graph_call_is_in_the_log(meta):
    meta.call("GET", "me", TOKEN, params={"fields": "id"})
    meta.send(meta.event(), meta.event())
    meta.send(meta.event(event_name=None))
    me, sent, refused = meta.control.requests()
    assert (me["method"], me["path"]) == ("GET", "/v26.0/me")
    assert (me["query"], me["status"]) == ("fields=id", 200)
    assert (sent["event_count"], sent["code"]) == (2, None)
    assert (refused["status"], refused["subcode"]) == (400, 2804019)
    assert sent["fbtrace_id"].startswith("A")
    assert meta.control.requests("POST */events") == [sent, refused]
    (line,) = meta.control.report()["refused"]
    assert (line["rule"], line["event_count"]) == ("missing_name", 1)


def test_waiting_for_events_ends_with_the_report_or_a_time_out(meta):
    meta.send(meta.event())
    assert meta.control.wait_for_accepted(1)["accepted"] == 1
    with pytest.raises(TimeoutError, match="1 of 2"):
        meta.control.wait_for_accepted(2, timeout=0.2)


def test_the_clock_of_meta_can_be_ahead_or_behind(meta):
    event = meta.event()
    meta.control.set_clock_offset(-120)
    assert meta.send(event).json()["error"]["error_subcode"] == 2804004
    meta.control.set_clock_offset(8 * 86400)
    assert meta.send(event).json()["error"]["error_subcode"] == 2804003
    meta.control.set_clock_offset(0)
    assert meta.send(event).status_code == 200


def test_a_deeply_nested_or_odd_body_never_breaks_the_server(meta, process):
    headers = {"Content-Type": "application/json"}
    bodies = [
        b"[" * 200_000,
        b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"data":[' + b"9" * 5000 + b"]}",
        b'{"data":[{"event_name":"\\ud800"}]}',
    ]
    for body in bodies:
        answer = meta.call(
            "POST", f"{DATASET}/events", TOKEN, data=body, headers=headers
        )
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == 100
    odd = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = meta.call("POST", f"{DATASET}/events", TOKEN, data=b"junk", headers=odd)
    assert answer.json()["error"]["code"] == 100
    assert "Traceback" not in process.log.read_text()


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        ("add_app", {"app_id": "x", "secret": "s"}, "digits"),
        ("add_app", {"app_id": APP, "secret": "s"}, "taken"),
        ("add_page", {"page_id": FORM, "name": "P"}, "taken"),
        ("add_token", {"token": "t", "kind": "root"}, "kind"),
        ("add_token", {"token": "t", "kind": "app"}, "add_app"),
        ("add_token", {"token": "t", "kind": "user"}, "belongs to an app"),
        ("add_token", {"token": "t", "kind": "page", "app_id": APP}, "one page"),
        ("add_token", {"token": "t", "kind": "user", "app_id": "9"}, "no such thing"),
        (
            "add_token",
            {"token": "t", "kind": "user", "app_id": APP, "scopes": ["lead_retrieval"]},
            "lead_retrieval",
        ),
        ("set_scopes", {"token": TOKEN, "scopes": ["all"]}, "all"),
        ("set_paging_faults", {"faults": ["none"]}, "fault"),
        ("revoke_token", {"token": TOKEN, "subcode": 1}, "subcode"),
        ("revoke_token", {"token": "nobody's"}, "no such thing"),
        (
            "add_form",
            {"form_id": "22", "page_id": PAGE, "name": "F", "questions": [{}]},
            "key",
        ),
        (
            "add_form",
            {
                "form_id": "22",
                "page_id": PAGE,
                "name": "F",
                "questions": [{"key": "a", "type": "CITY"}] * 2,
            },
            "same key",
        ),
        (
            "add_form",
            {
                "form_id": "22",
                "page_id": PAGE,
                "name": "F",
                "questions": [],
                "status": "NEW",
            },
            "status",
        ),
        ("create_lead", {"form_id": "99", "answers": {}}, "no such thing"),
        ("create_lead", {"form_id": FORM, "answers": {"mail": "x"}}, "mail"),
        ("create_lead", {"form_id": FORM, "answers": {"which_size?": "Large"}}, "key"),
        ("create_lead", {"form_id": FORM, "answers": {"email": 5}}, "text"),
        ("create_lead", {"form_id": FORM, "consents": {"mail": True}}, "mail"),
        ("create_lead", {"form_id": FORM, "ad": {"colour": "red"}}, "colour"),
        ("create_lead", {"form_id": FORM, "lead_id": FORM}, "taken"),
        ("create_lead", {"form_id": FORM, "lead_id": "l:1"}, "digits"),
        ("delete_lead", {"lead_id": "1"}, "no such thing"),
        (
            "deliver",
            {"callback_url": "http://127.0.0.1:1", "app_id": APP, "lead_ids": []},
            "no lead",
        ),
        (
            "deliver",
            {"callback_url": "http://127.0.0.1:1", "app_id": APP, "kind": "x"},
            "kind",
        ),
    ],
)
def test_a_command_that_makes_no_sense_says_why(meta, command, arguments, words):
    with pytest.raises(ControlError, match=words):
        getattr(meta.control, command)(**arguments)


def test_an_unknown_command_or_argument_is_an_error(meta):
    for command in ("explode", "_known", "__class__"):
        answer = requests.post(f"{meta.url}/_control/{command}", json={}, timeout=5)
        assert answer.status_code == 404
    answer = requests.post(f"{meta.url}/_control/reset", json={"hard": 1}, timeout=5)
    assert answer.status_code == 400
    assert "hard" in answer.json()["error"]


def test_an_explicit_lead_id_is_kept(meta):
    lead_id = meta.control.create_lead(FORM, ANSWERS, lead_id="12345678901234567")
    assert lead_id == "12345678901234567"
    assert meta.send(meta.event(lead_id)).status_code == 200
    assert meta.control.report()["events"][0]["lead_id"] == lead_id


def test_a_control_without_a_server_fails_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(requests.ConnectionError):
            FakeMetaControl(url).ping()
