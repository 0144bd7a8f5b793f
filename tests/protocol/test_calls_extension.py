"""The calls of the business extension: what is asked, where secrets travel."""

import json

import pytest
from protocol import calls_extension
from protocol.calls_extension import LoginClient
from protocol.client import GraphClient

from .graph_server import answer, graph_server

APP, SECRET, BUSINESS = "440000000000001", "the-app-secret-1", "700000000000001"
CODE, REDIRECT = "AQcode", "https://odoo.example.com/cb"


def exchange(said):
    with graph_server(answer(said)) as server:
        with LoginClient(server.url, "v26.0", APP, SECRET) as graph:
            result = graph.exchange(CODE, REDIRECT)
        [seen] = server.seen
    return result, seen


def ask(call, *arguments, said=None):
    with graph_server(answer({"data": []} if said is None else said)) as server:
        with GraphClient(server.url, "v26.0", "T1", app_secret=SECRET) as graph:
            result = call(graph, *arguments)
        [seen] = server.seen
    assert seen.headers["authorization"] == "Bearer T1"
    return result, seen


def test_a_code_is_exchanged_without_a_token():
    result, seen = exchange({"access_token": "EAAperson", "token_type": "bearer"})
    assert result.data["access_token"] == "EAAperson"
    assert (seen.method, seen.path) == ("GET", "/v26.0/oauth/access_token")
    assert seen.query == {
        "client_id": APP,
        "redirect_uri": REDIRECT,
        "client_secret": SECRET,
        "code": CODE,
    }
    assert "authorization" not in seen.headers


@pytest.mark.parametrize("said", [{}, {"access_token": ""}, {"access_token": 7}])
def test_an_answer_without_a_token_is_a_failure(said):
    result, _seen = exchange(said)
    assert not result.answer.accepted
    assert "no access token" in result.answer.message


def test_the_app_secret_is_in_no_word_of_a_failure():
    error = {"code": 1, "message": f"client_secret={SECRET} is wrong: {SECRET}"}
    with (
        graph_server(answer({"error": error}, 400)) as server,
        LoginClient(server.url, "v26.0", APP, SECRET) as graph,
    ):
        result = graph.exchange(CODE, REDIRECT)
    assert SECRET not in f"{result}{result.answer.message}"


def test_a_system_user_token_is_asked_for_with_the_persons_token_in_the_header():
    _result, seen = ask(
        calls_extension.system_user_token,
        BUSINESS,
        APP,
        "odoo-x-1",
        said={"access_token": "EAAsystem"},
    )
    assert (seen.method, seen.path) == ("POST", f"/v26.0/{BUSINESS}/access_token")
    assert seen.form["app_id"] == APP
    assert seen.form["fbe_external_business_id"] == "odoo-x-1"
    assert "manage_business_extension" in seen.form["scope"].split(",")
    assert set(seen.query) == {"appsecret_proof"}


@pytest.mark.parametrize("bad", ["", "me", "7/../8", None])
def test_a_business_that_is_no_id_asks_nothing(bad):
    with graph_server() as server, GraphClient(server.url, "v26.0", "T") as graph:
        with pytest.raises(ValueError, match="digits"):
            calls_extension.system_user_token(graph, bad, APP, "odoo-x-1")
        assert server.seen == []


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (calls_extension.installs, "GET", "fbe_business/fbe_installs"),
        (calls_extension.uninstall, "DELETE", "fbe_business/fbe_installs"),
        (calls_extension.configuration, "GET", "fbe_business"),
    ],
)
def test_a_business_is_named_by_its_external_id(call, method, path):
    _result, seen = ask(call, "odoo-x-1", said={"data": [], "success": True})
    assert (seen.method, seen.path) == (method, f"/v26.0/{path}")
    assert seen.query["fbe_external_business_id"] == "odoo-x-1"


def test_an_uninstall_that_meta_does_not_confirm_is_a_failure():
    result, _seen = ask(calls_extension.uninstall, "odoo-x-1", said={"success": False})
    assert not result.answer.accepted


def test_settings_of_a_feature_are_sent_as_json():
    config = {"page_cta": {"enabled": False}}
    _result, seen = ask(calls_extension.configure, "odoo-x-1", config)
    assert seen.method == "POST"
    assert json.loads(seen.form["business_config"]) == config
