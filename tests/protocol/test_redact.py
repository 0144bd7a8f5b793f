import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol.redact import MAX_LENGTH, redact

TOKEN = "EAAGm0PX4ZCpsBAKZCqwertyuiopASDFGHJKL1234567890zxcv"
SECRET = "0123456789abcdef0123456789abcdef"
PROOF = "02810c917b3e327d0bc6ccf57ac73ac327c135ce03a538f1a157997bb973e258"
LEAD = {
    "id": "330000000000001",
    "created_time": "2026-01-31T12:34:56+0000",
    "field_data": [
        {"name": "full_name", "values": ['Ana ]Test[ "quoted" {x}']},
        {"name": "email", "values": ["ana@example.com"]},
        {"name": "city", "values": ["Springfield"]},
    ],
    "ad_id": "120200000000000001",
}


@pytest.mark.parametrize(
    "text",
    [
        f"https://graph.facebook.com/v25.0/1?access_token={TOKEN}&fields=id",
        f"https://graph.facebook.com/v25.0/1?fields=id&access_token={TOKEN}",
        f"?redirect=%3Faccess_token%3D{TOKEN}%26x",
        f'{{"access_token": "{TOKEN}"}}',
        f"{{'access_token': '{TOKEN}'}}",
        json.dumps(json.dumps({"access_token": TOKEN})),
        f"Authorization: Bearer {TOKEN}",
        f"authorization: bearer {TOKEN}",
        f"Authorization: OAuth {TOKEN}",
        "Authorization: Bearer IGQVJabcGHJKL",
        "Authorization: OAuth abcdefGHJKL",
        f"input_token={TOKEN}",
        f"fb_exchange_token={TOKEN}",
        f"the token {TOKEN} has expired",
        f"x{TOKEN}",
        f"({TOKEN})",
        "Malformed access token AQDfGh123456789GHJKLghij",
        "Malformed access token 123456789|abcDEF1ghi-GHJKL_mno",
        "Cannot parse access token 'abcdef0123456789GHJKL' of you",
        'Invalid OAuth 2.0 Access Token "abcdef0123456789GHJKL"',
        "the token is abcdef0123456789GHJKL",
        "token: abcdef0123456789GHJKL",
    ],
)
def test_no_access_token_is_left(text):
    assert TOKEN not in redact(text)
    assert "GHJKL" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        f"client_secret={SECRET}",
        f"app_secret: {SECRET}",
        f'"client_secret":"{SECRET}"',
        f"110000000000001|{SECRET}",
        f"110000000000001%7C{SECRET}",
        f"access_token=110000000000001|{SECRET}",
        f"a bare {SECRET} somewhere",
    ],
)
def test_no_app_secret_is_left(text):
    assert SECRET not in redact(text)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"appsecret_proof={PROOF}", PROOF),
        ("hub.mode=subscribe&hub.verify_token=my-own-word&hub.challenge=5", "my-own"),
        ("'verify_token': 'it\\'s my word'", "my word"),
        ('"verify_token": "with space and \\" quote"', "space"),
        ("password=hunter2", "hunter2"),
        (f"X-Hub-Signature-256: sha256={PROOF}", PROOF),
    ],
)
def test_no_other_secret_parameter_is_left(text, gone):
    assert gone not in redact(text)


def test_what_stands_beside_a_secret_stays():
    text = f"GET /v25.0/330000000000001?access_token={TOKEN}&fields=id,name HTTP/1.1"
    assert redact(text) == (
        "GET /v25.0/330000000000001?access_token=***&fields=id,name HTTP/1.1"
    )
    assert redact("hub.verify_token=a&hub.challenge=1158201444").endswith(
        "&hub.challenge=1158201444"
    )


@pytest.mark.parametrize(
    "secret", ["s3", "my own word", 'with"quote', "näh/+&=", "x y"]
)
def test_given_secrets_go_in_every_writing(secret):
    from urllib.parse import quote, quote_plus

    forms = [secret, quote(secret), quote(secret, safe=""), quote_plus(secret)]
    forms.append(json.dumps(secret)[1:-1])
    for form in forms:
        assert form not in redact(f"before {form} after", [secret])
    assert redact(f"before {secret} after", [secret]) == "before *** after"


@pytest.mark.parametrize("secrets", [None, (), [""], ["  "], [None, 5, b"x"]])
def test_secrets_that_are_none_take_nothing_out(secrets):
    assert redact("plain words", secrets) == "plain words"


def test_one_secret_may_be_given_alone():
    assert redact("a hush b", "hush") == "a *** b"


def test_a_secret_inside_a_longer_one_leaves_nothing_of_it():
    assert redact("say abc-long", ["abc", "abc-long"]) == "say ***"


@pytest.mark.parametrize(
    "email",
    [
        "ana@example.com",
        "Ana.Test+news@sub.example.co.uk",
        "müller@exämple.de",
        "ana%40example.com",
        "ana\\u0040example.com",
    ],
)
def test_no_email_address_is_left(email):
    assert redact(f"to <{email}>, again {email}.") == ("to <[e-mail]>, again [e-mail].")


@pytest.mark.parametrize(
    "number",
    [
        "+15550100123",
        "+49 151 12345678",
        "+44 (0)20 7946 0958",
        "%2B4915112345678",
        "p:+4915112345678",
        "(616) 954-7888",
        "616-954-7888",
        "616.954.7888",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "030/12345678",
        "0151-12-34567",
        "0612345678",
        "6169547888",
        "4915112345678",
        "+٩٦٦501234567",
        "+1 616\u00a0954\u20117888",
    ],
)
def test_no_phone_number_is_left(number):
    left = redact(f"call {number}, or {number}; thanks")
    assert left.count("[phone]") == 2
    assert not any(c.isdigit() for c in left)


def test_two_numbers_side_by_side_both_go():
    assert redact("0612345678 0698765432") == "[phone] [phone]"


@pytest.mark.parametrize(
    "text",
    [
        "lead 330000000000001 of form 2200000000000012, ad 120200000000000001",
        "lead 33000000000000017",
        "(#100) Invalid parameter, code 100, subcode 2804003",
        '{"code":190,"error_subcode":2069032}',
        "190 (2069032)",
        "100/2804003",
        "code 613 2446079",
        "error 803: (#803) Some of the aliases",
        '"fbtrace_id":"AXp9x1234567890123abc_D-"',
        "AbCdEf12345678901GhI",
        "at 1769862896, then 1769862896000 ms",
        "2026-01-31T12:34:56+0000",
        "2026-01-31 12:34:56,123 INFO",
        "from 2026-01-31 to 2026-02-28",
        "on 127.0.0.1:8069 and 203.0.113.25",
        "version 19.0.1.0.0, Graph v25.0",
        "event 1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        "event 12345678-1234-1234-1234-123456789012",
        "sent 1000 events, 950 accepted, 12 ms",
        "dashboard ping 444444444444",
        "estimated_time_to_regain_access 60",
        "Error validating access token: Session has expired on Saturday",
        "timed out after 30 s",
    ],
)
def test_what_a_log_is_read_for_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "dump",
    [
        json.dumps,
        lambda node: json.dumps(node, indent=1),
        lambda node: json.dumps(json.dumps(node)),
        lambda node: json.dumps({"data": [node, node]}),
        repr,
        lambda node: json.dumps(node)[:120],
        lambda node: json.dumps(node)[:185],
        lambda node: "body=" + json.dumps(node["field_data"][0]),
    ],
)
def test_no_answer_of_a_lead_is_left(dump):
    left = redact(dump(LEAD))
    for gone in ("Ana", "Test", "quoted", "example", "Springfield"):
        assert gone not in left
    assert redact(left) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"field_data": "Ana Test", "id": "1"}', '{"field_data": "***", "id": "1"}'),
        ("field_data=%5B%22Ana%22%5D&id=1", 'field_data="***"&id=1'),
        ('field_data=[{"name":"Ana"}]&id=1', 'field_data="***"&id=1'),
        ('{"field_data": [', '{"field_data": "***"'),
    ],
)
def test_answers_go_in_every_form_they_are_written_in(text, left):
    assert redact(text) == left


def test_the_rest_of_a_lead_stays():
    assert redact(json.dumps(LEAD)) == (
        '{"id": "330000000000001", "created_time": "2026-01-31T12:34:56+0000", '
        '"field_data": "***", "ad_id": "120200000000000001"}'
    )


def test_no_user_data_is_left():
    event = {
        "event_name": "initial_lead",
        "user_data": {
            "lead_id": 330000000000001,
            "em": [PROOF],
            "ph": PROOF.upper(),
            "fn": ["ana"],
            "ct": "berlin",
            "client_ip_address": "203.0.113.5",
            "client_user_agent": "Mozilla/5.0 (X11)",
            "fbc": "fb.1.1554763741205.AbCdEf",
        },
    }
    left = redact(json.dumps(event))
    for gone in (PROOF, PROOF.upper(), "ana", "berlin", "203.0.113.5", "Mozilla", "Ab"):
        assert gone not in left
    for kept in ("initial_lead", "330000000000001"):
        assert kept in left


def test_a_digest_goes_with_its_appendix():
    assert redact(f"em {PROOF}.AQYCAQEA, {PROOF}") == "em [hash], [hash]"


@pytest.mark.parametrize(
    ("given_text", "left"),
    [
        (None, ""),
        ("", ""),
        (b"a@b.example", "[e-mail]"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (17, "17"),
        (ValueError("to a@b.example"), "to [e-mail]"),
        ({"password": "x y"}, "{'password': ***}"),
    ],
)
def test_everything_has_a_text(given_text, left):
    assert redact(given_text) == left


def test_an_object_whose_text_fails_is_named():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    assert redact(Broken()) == "(Broken without text)"


def test_the_text_is_cut_at_its_longest():
    assert len(redact("word " * 10_000)) == MAX_LENGTH
    assert redact("word " * 10_000).endswith("…")
    assert redact("x" * MAX_LENGTH) == "x" * MAX_LENGTH


@pytest.mark.parametrize("length", range(15_440, 16_040, 3))
def test_nothing_is_shown_in_half_where_a_long_text_was_cut(length):
    filler = "access_token=" + "x" * (length - 600) + " y" * 300
    left = redact(f"{filler} ana@example.com" + " z" * 20_000)
    assert "ana" not in left
    assert left.startswith("access_token=*** y y")


def test_long_runs_without_an_end_are_no_burden():
    for piece in ("a", "1 ", "a@", "[", '\\"', "access_token", "EAA", "1-", "%2B"):
        assert len(redact(piece * 100_000)) <= MAX_LENGTH
    for piece in ("token ", "fb.1.", "user_data.fn '", "client_ip_address:", "fbclid="):
        assert len(redact(piece * 100_000)) <= MAX_LENGTH


@pytest.mark.parametrize("slashes", range(8))
def test_backslashes_before_a_quote_hide_no_bracket(slashes):
    answers = [{"name": "a", "values": ["x" + "\\" * slashes + '"]} Ana']}]
    assert "Ana" not in redact(json.dumps({"field_data": answers, "id": "1"}))
    assert "Ana" not in redact(repr({"field_data": answers, "id": "1"}))


def test_answers_inside_answers_go_with_them():
    assert redact('{"field_data": [{"field_data": ["Ana"]}], "id": "1"}') == (
        '{"field_data": "***", "id": "1"}'
    )


FRAGMENTS = (
    "field_data access_token Bearer EAA 0612345678 +49 a@b.co [ ] { } ( ) : = & % , "
    'values \'em\' "fn" " \' \\ \\" | %3D %40 330000000000001 2026-01-31 x'
    " user_data.fn token fb.1.1554763741205.A fbclid client_ip_address"
).split(" ")


@given(
    text=st.text()
    | st.binary()
    | st.text(alphabet='0123456789+-(). "[]{}@aA_=&%')
    | st.lists(st.sampled_from([*FRAGMENTS, " "]), max_size=12).map("".join)
)
def test_redacting_never_raises_and_redacting_again_changes_nothing(text):
    once = redact(text)
    assert len(once) <= MAX_LENGTH
    assert redact(once) == once


@given(
    before=st.text(max_size=20),
    secret=st.text(alphabet="abcdefgh0123", min_size=6, max_size=20),
    after=st.text(max_size=20),
)
def test_a_given_secret_is_nowhere_in_the_text(before, secret, after):
    assert secret not in redact(f"{before}{secret}{after}", [secret])
