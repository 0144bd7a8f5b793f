"""One exchange over real HTTP: what is sent, and what becomes of every failure."""

import logging
import socket

import pytest
from protocol.client import GraphClient, new_session
from protocol.signature import appsecret_proof

from .graph_server import (
    Drip,
    answer,
    flood,
    graph_server,
    raw,
    reset,
    silent_server,
    unreachable_port,
)

TOKEN = "EAATESTTOKEN123"
APP_SECRET = "0123456789abcdef0123456789abcdef"
BODY = b'{"data":[{"event_name":"initial_lead"}]}'
TAKEN = {"events_received": 1, "messages": [], "fbtrace_id": "Aok"}


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def client(server, **options) -> GraphClient:
    url = server if isinstance(server, str) else server.url
    return GraphClient(url, "v26.0", TOKEN, **{"timeout": 20, **options})


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


# --- what is sent ---------------------------------------------------------------------


def test_a_batch_is_posted_byte_for_byte_to_the_dataset():
    with graph_server(answer(TAKEN)) as server, client(server) as graph:
        result = graph.send_events("880000000000001", BODY)
    [seen] = server.seen
    assert (seen.method, seen.target) == ("POST", "/v26.0/880000000000001/events")
    assert seen.body == BODY
    assert seen.headers["content-type"] == "application/json"
    assert result.answer.accepted
    assert result.answer.events_received == 1
    assert result.data == TAKEN
    assert result.reply.status == 200
    assert result.reply.failure is None
    assert result.reply.duration_ms >= 0


def test_the_token_travels_in_the_header_only():
    with graph_server(answer({})) as server, client(server) as graph:
        graph.get("1", {"fields": "id"})
        graph.post("1/subscribed_apps", {"subscribed_fields": "leadgen"})
        graph.post_json("1/events", BODY)
        graph.delete("1")
    assert len(server.seen) == 4
    for seen in server.seen:
        assert seen.headers["authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in seen.target
        assert TOKEN.encode() not in seen.body


def test_the_proof_of_the_app_secret_goes_with_every_call():
    proof = appsecret_proof(TOKEN, APP_SECRET)
    with (
        graph_server(answer({})) as server,
        client(server, app_secret=APP_SECRET) as graph,
    ):
        graph.get("1", {"fields": "id"})
        graph.post("1/subscribed_apps", {"subscribed_fields": "leadgen"})
        graph.post_json("1/events", BODY)
        graph.delete("1")
    assert [seen.query["appsecret_proof"] for seen in server.seen] == [proof] * 4
    assert not any(APP_SECRET in str(seen) for seen in server.seen)


def test_without_an_app_secret_no_proof_is_sent():
    with graph_server(answer({})) as server, client(server) as graph:
        graph.get("1")
    assert server.seen[0].query == {}


def test_a_netrc_entry_does_not_replace_the_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with graph_server(answer({})) as server, client(server) as graph:
        graph.get("1")
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch):
    proxy = f"http://127.0.0.1:{closed_port()}"
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    with graph_server(answer({})) as server, client(server) as graph:
        for _ in range(2):
            assert graph.get("1").answer.accepted


def test_a_proxy_of_the_environment_is_used_and_never_sees_the_token(monkeypatch):
    with graph_server(answer(b"no", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with client("https://graph.example.com") as graph:
            result = graph.get("1")
    [seen] = proxy.seen
    assert (seen.method, seen.target) == ("CONNECT", "graph.example.com:443")
    assert TOKEN not in str(seen)
    assert result.reply.failure == "the proxy did not make the connection"


def test_cookies_are_not_kept():
    cookie = answer({}, Set_Cookie="a=b; Path=/")
    with graph_server(cookie) as server, client(server) as graph:
        graph.get("1")
        graph.get("1")
    assert all("cookie" not in seen.headers for seen in server.seen)


def test_clients_can_share_a_session_and_keep_their_own_tokens():
    with graph_server(answer({})) as server, new_session() as session:
        for token in ("EAAfirst1", "EAAsecond2"):
            with GraphClient(server.url, "v26.0", token, session=session) as graph:
                assert graph.get("1").answer.accepted
    sent = [seen.headers["authorization"] for seen in server.seen]
    assert sent == ["Bearer EAAfirst1", "Bearer EAAsecond2"]


# --- answers that came ----------------------------------------------------------------


def test_an_error_answer_has_no_data_and_metas_words():
    error = {"error": {"code": 190, "error_subcode": 463, "message": "Expired"}}
    with graph_server(answer(error, 401)) as server, client(server) as graph:
        result = graph.get("1")
    assert (result.answer.verdict, result.answer.subcode) == ("pause", 463)
    assert result.data is None
    assert result.reply.status == 401
    assert result.answer.message == "Expired"


def test_headers_of_the_answer_are_read():
    usage = '{"1": [{"estimated_time_to_regain_access": 7}]}'
    error = answer({"error": {"code": 80005}}, 400, X_Business_Use_Case_Usage=usage)
    with graph_server(error) as server, client(server) as graph:
        result = graph.get("1")
    assert (result.answer.verdict, result.answer.resume_after) == ("throttle", 420)
    assert result.reply.headers["x-business-use-case-usage"] == usage


def test_secrets_that_meta_echoes_do_not_come_through():
    odd_token = "a-token-that-looks-like-nothing"
    said = f"no access to /v26.0/1 with {odd_token} and {APP_SECRET}"
    error = answer({"error": {"code": 100, "message": said}}, 400)
    with (
        graph_server(error) as server,
        GraphClient(server.url, "v26.0", odd_token, app_secret=APP_SECRET) as graph,
    ):
        result = graph.get("1")
    assert result.answer.message.startswith("no access to /v26.0/1 with ")
    assert odd_token not in repr(result)
    assert APP_SECRET not in repr(result)


def test_html_is_a_retry_with_the_outcome_unknown():
    html = answer(b"<html>bad gateway</html>", 502, Content_Type="text/html")
    with graph_server(html) as server, client(server) as graph:
        result = graph.post_json("1/events", BODY)
    assert result.answer.verdict == "retry"
    assert not result.answer.outcome_known
    assert result.reply.status == 502


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(status):
    with (
        graph_server(answer({})) as elsewhere,
        graph_server(answer({}, status, Location=f"{elsewhere.url}/x")) as server,
        client(server) as graph,
    ):
        result = graph.post_json("1/events", BODY)
    assert elsewhere.seen == []
    assert result.answer.verdict == "retry"
    assert result.reply.status == status
    assert "redirected" in result.reply.failure
    assert result.data is None


# --- answers that did not come --------------------------------------------------------


def failed(result) -> str:
    assert result.answer.verdict == "retry"
    assert not result.answer.outcome_known
    assert result.data is None
    assert result.reply.status is None
    assert result.reply.body == b""
    assert result.answer.message == result.reply.failure
    return result.reply.failure


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b'Content-Length: 17\r\n\r\n{"data": "whole"}'


def test_the_bytes_of_a_whole_answer_are_accepted_when_they_come_at_once():
    with graph_server(raw(WHOLE)) as server, client(server) as graph:
        assert graph.get("1").answer.accepted


@pytest.mark.parametrize(
    ("before", "dripping"),
    [(WHOLE[:-17], WHOLE[-17:]), (b"", WHOLE)],
    ids=["body", "headers"],
)
def test_a_slow_drip_cannot_hold_the_client_beyond_its_time(before, dripping):
    # Each byte comes long before the time-out of a single wait, and the whole would
    # be a good answer if it was waited for.
    slow = Drip(dripping, 15, before)
    with graph_server(slow) as server, client(server, timeout=0.4) as graph:
        result = graph.get("1")
        assert not slow.finished.is_set()
    assert failed(result) == "timed out after 0.4 s"


def test_the_time_limit_holds_on_a_connection_that_is_used_again():
    slow = Drip(WHOLE, 15)
    with (
        graph_server(answer({}), slow) as server,
        client(server, timeout=0.4) as graph,
    ):
        assert graph.get("1").answer.accepted
        result = graph.get("1")
        assert not slow.finished.is_set()
    assert failed(result) == "timed out after 0.4 s"
    assert len(server.connections) == 1


def test_a_server_that_never_speaks_is_a_time_out():
    with silent_server() as port:
        for url in (f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port}"):
            with client(url, timeout=0.3) as graph:
                assert failed(graph.get("1")) == "timed out after 0.3 s"


def test_an_address_that_leads_nowhere_leaves_time_for_the_next(monkeypatch):
    with (
        unreachable_port() as nowhere,
        graph_server(answer({})) as server,
        client("http://localhost:1", timeout=3) as graph,
    ):
        good = int(server.url.rpartition(":")[2])
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
            for port in (nowhere, good)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: addresses)
        assert graph.get("1").answer.accepted


def test_after_a_time_out_the_next_call_has_its_whole_time_again():
    with (
        graph_server(Drip(WHOLE, 15), answer({})) as server,
        client(server, timeout=0.4) as graph,
    ):
        failed(graph.get("1"))
        assert graph.get("1").answer.accepted


def test_an_answer_that_breaks_off_is_no_answer():
    cut = HEAD + b'Content-Length: 500\r\n\r\n{"events_received": 1}'
    with graph_server(raw(cut)) as server, client(server) as graph:
        words = failed(graph.post_json("1/events", BODY))
    assert words == "the connection was closed before the answer was complete"


def test_a_chunked_answer_that_breaks_off_is_no_answer():
    cut = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n5\r\nab"
    with graph_server(raw(cut)) as server, client(server) as graph:
        words = failed(graph.get("1"))
    assert words == "the connection was closed before the answer was complete"


def test_half_a_json_text_is_an_answer_that_says_nothing():
    cut = HEAD + b'\r\n{"events_received": 1, "mess'
    with graph_server(raw(cut)) as server, client(server) as graph:
        result = graph.post_json("1/events", BODY)
    assert result.answer.verdict == "retry"
    assert not result.answer.outcome_known
    assert result.data is None


@pytest.mark.parametrize("behaviour", [raw(b""), reset], ids=["closed", "reset"])
def test_a_connection_closed_without_an_answer_is_told_so(behaviour):
    with graph_server(behaviour) as server, client(server) as graph:
        words = failed(graph.get("1"))
    assert words == "the connection was closed before the answer was complete"


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01junk\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n"]
)
def test_what_is_not_http_is_a_failure(junk):
    with graph_server(raw(junk)) as server, client(server) as graph:
        assert failed(graph.get("1"))


def test_an_answer_without_end_is_given_up_at_the_limit():
    with (
        graph_server(flood) as server,
        client(server, max_bytes=200_000) as graph,
    ):
        assert failed(graph.get("1")) == "answer larger than 200,000 bytes"


def test_an_answer_of_just_the_limit_is_read():
    body = b"{}" + b" " * 998
    with graph_server(answer(body)) as server:
        with client(server, max_bytes=1000) as graph:
            assert graph.get("1").answer.accepted
        with client(server, max_bytes=999) as graph:
            assert failed(graph.get("1")) == "answer larger than 999 bytes"


def test_the_endless_body_of_a_redirect_is_not_read():
    def behave(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:1/")
        flood(handler)

    with graph_server(behave) as server, client(server) as graph:
        result = graph.get("1")
    assert result.reply.status == 302
    assert "redirected" in result.reply.failure


def test_a_refused_connection_is_told_in_words():
    with client(f"http://127.0.0.1:{closed_port()}") as graph:
        assert failed(graph.get("1")) == "connection refused"


def test_an_unknown_host_is_told_in_words(monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with client("https://graph.invalid") as graph:
        assert failed(graph.get("1")) == "the host name could not be resolved"


def test_a_host_name_that_cannot_be_one_is_a_failure():
    with client(f"https://{'a' * 70}.example.com") as graph:
        assert failed(graph.get("1"))


def test_a_server_without_tls_is_told_in_words():
    with graph_server(answer({})) as server:
        url = server.url.replace("http:", "https:")
        with client(url) as graph:
            assert failed(graph.get("1")).startswith("no secure connection")


def test_a_request_of_which_no_byte_left_is_known_as_such(monkeypatch):
    with client(f"http://127.0.0.1:{closed_port()}") as graph:
        assert not graph.post("1/events").reply.was_sent
    # The handshake went out, the request did not.
    with (
        graph_server(answer({})) as server,
        client(server.url.replace("http:", "https:")) as graph,
    ):
        assert not graph.post("1/events").reply.was_sent

    def unknown(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with client("https://graph.invalid") as graph:
        assert not graph.post("1/events").reply.was_sent


def test_a_proxy_that_does_not_get_through_was_told_nothing_of_the_request(
    monkeypatch,
):
    with graph_server(answer({}, status=502)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with client("https://graph.example.com") as graph:
            assert not graph.post("1/events").reply.was_sent
        assert [seen.method for seen in proxy.seen] == ["CONNECT"]


@pytest.mark.parametrize("behave", [raw(b""), reset], ids=["closed", "reset"])
def test_a_request_that_was_cut_may_have_arrived(behave):
    with graph_server(behave) as server, client(server) as graph:
        assert graph.post("1/events").reply.was_sent


def test_a_request_on_a_connection_that_was_used_before_may_have_arrived():
    with graph_server(answer({}), raw(b"")) as server, client(server) as graph:
        assert graph.get("1").answer.accepted
        assert graph.post("1/events").reply.was_sent


def test_no_failure_names_a_secret_or_an_address():
    secret_url = f"http://127.0.0.1:{closed_port()}"
    with client(secret_url, app_secret=APP_SECRET) as graph:
        result = graph.debug_token("EAAanothertoken")
    shown = repr(result)
    for secret in (TOKEN, APP_SECRET, "EAAanother", appsecret_proof(TOKEN, APP_SECRET)):
        assert secret not in shown
    assert "127.0.0.1" not in shown


def test_the_token_is_in_no_log_at_the_finest_level(caplog):
    caplog.set_level(logging.DEBUG)
    with graph_server(answer({})) as server, client(server) as graph:
        graph.get("1", {"fields": "id"})
    assert TOKEN not in caplog.text
    assert "/v26.0/1" in caplog.text


# --- wrong arguments ------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "  ", "a b", "a\nb", "é", None, "a\r\nX: y", 5])
def test_an_unusable_token_is_refused_without_being_shown(token):
    with pytest.raises(ValueError, match="access token") as caught:
        GraphClient("https://graph.example.com", "v26.0", token)
    assert "a b" not in str(caught.value)


def test_a_token_pasted_with_a_line_end_is_usable():
    with (
        graph_server(answer({})) as server,
        GraphClient(server.url, "v26.0", f" {TOKEN}\n") as graph,
    ):
        graph.get("1")
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_time_out_of_nothing_is_refused(seconds):
    with pytest.raises(ValueError, match="time-out"):
        client("https://graph.example.com", timeout=seconds)


def test_the_representation_shows_no_secret():
    with client("https://graph.example.com", app_secret=APP_SECRET) as graph:
        assert repr(graph) == "<GraphClient https://graph.example.com/v26.0>"


@pytest.mark.parametrize(
    "path", ["", "/1", "1/", "1/../2", "1?x=1", "1#x", "1/events/2", "http://x", "1 2"]
)
def test_no_other_path_than_a_node_or_its_edge_can_be_called(path):
    with graph_server(answer({})) as server, client(server) as graph:
        with pytest.raises(ValueError, match="path"):
            graph.get(path)
        with pytest.raises(ValueError, match="path"):
            graph.post_json(path, BODY)
    assert server.seen == []
