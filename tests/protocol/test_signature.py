import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import signature

SECRET = "odoo-test-app-secret"
BODY = (
    b'{"object":"page","entry":[{"id":"110000000000001","time":1769862897,"changes":'
    b'[{"value":{"ad_id":"120200000000000001","form_id":"220000000000001",'
    b'"leadgen_id":"330000000000001","created_time":1769862896,'
    b'"page_id":"110000000000001","adgroup_id":"120200000000000001"},'
    b'"field":"leadgen"}]}]}'
)
DIGEST = "554331319fd8a632a6a4236b0359e7aa0032359fd468268425f3df0e42a14e89"
HEADER = f"sha256={DIGEST}"


def signed(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def test_a_body_signed_with_the_app_secret_verifies():
    assert len(BODY) == 288
    assert signature.verify(BODY, HEADER, SECRET)


def test_the_same_json_with_other_spacing_does_not_verify():
    again = json.dumps(json.loads(BODY)).encode()
    assert not signature.verify(again, HEADER, SECRET)


@pytest.mark.parametrize("position", [0, 100, len(BODY) - 1])
def test_one_changed_byte_does_not_verify(position):
    changed = bytearray(BODY)
    changed[position] ^= 1
    assert not signature.verify(bytes(changed), HEADER, SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha256",
        "=",
        DIGEST,
        f"sha1={DIGEST}",
        "sha1=3562dde96dabf95d4e3bd37f243bdccf65cc86d9",
        "sha256=3562dde96dabf95d4e3bd37f243bdccf65cc86d9",
        f"SHA256={DIGEST}",
        f"sha256={DIGEST[:-1]}",
        f"sha256={DIGEST}0",
        f"sha256={DIGEST}\n",
        f" {HEADER}",
        f"sha256= {DIGEST}",
        f"sha256={DIGEST.upper()}",
        f"sha256={'g' * 64}",
        f"sha256={'é' * 64}",
        f"sha256={'٠' * 64}",
        f"{HEADER},{HEADER}",
        HEADER.encode(),
        42,
        [HEADER],
    ],
)
def test_a_missing_malformed_or_other_header_does_not_verify(header):
    assert not signature.verify(BODY, header, SECRET)


@pytest.mark.parametrize("secret", ["", " ", "\t\n", None, False, 5, SECRET.encode()])
def test_an_absent_secret_never_verifies(secret):
    with_nothing = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not signature.verify(BODY, f"sha256={with_nothing}", secret)
    assert not signature.verify(BODY, HEADER, secret)


def test_another_apps_secret_does_not_verify():
    assert not signature.verify(BODY, HEADER, SECRET + "x")
    assert not signature.verify(BODY, HEADER, SECRET.upper())


@pytest.mark.parametrize("raw", [None, "", BODY.decode(), 1, [], {}])
def test_a_body_that_is_not_bytes_does_not_verify(raw):
    assert not signature.verify(raw, HEADER, SECRET)


def test_a_secret_outside_ascii_signs_its_utf8_bytes():
    assert signature.verify(BODY, signed(BODY, "sécret-ключ"), "sécret-ключ")


def test_an_empty_body_can_be_signed():
    assert signature.verify(b"", signed(b"", SECRET), SECRET)


@given(raw=st.binary(max_size=200), secret=st.text(min_size=1, max_size=50))
def test_every_body_verifies_with_its_own_signature_only(raw, secret):
    usable = bool(secret.strip())
    encoded = secret.encode("utf-8", "surrogatepass")
    header = "sha256=" + hmac.new(encoded, raw, hashlib.sha256).hexdigest()
    assert signature.verify(raw, header, secret) is usable
    assert not signature.verify(raw + b" ", header, secret)


@given(
    raw=st.one_of(st.none(), st.binary(), st.text()),
    header=st.one_of(st.none(), st.text(), st.binary(), st.integers()),
    secret=st.one_of(st.none(), st.text(), st.booleans()),
)
def test_verify_answers_false_and_never_raises_on_junk(raw, header, secret):
    assert signature.verify(raw, header, secret) is False


def test_the_proof_is_the_hmac_of_the_token():
    proof = signature.appsecret_proof(
        "EAATESTTOKEN123", "0123456789abcdef0123456789abcdef"
    )
    assert proof == "02810c917b3e327d0bc6ccf57ac73ac327c135ce03a538f1a157997bb973e258"


@pytest.mark.parametrize(("token", "secret"), [("", "s"), ("t", ""), (None, "s")])
def test_there_is_no_proof_without_token_and_secret(token, secret):
    with pytest.raises(ValueError, match="needs an access token and an app secret"):
        signature.appsecret_proof(token, secret)


def test_the_configured_verify_token_matches():
    assert signature.verify_token_matches("Wort-Ü-1", "Wort-Ü-1")


@pytest.mark.parametrize(
    ("configured", "given_token"),
    [
        ("", ""),
        (" ", " "),
        (None, None),
        (None, ""),
        ("", None),
        (False, False),
        ("token", "Token"),
        ("token", "token "),
        ("token", ""),
        ("token", None),
        ("token", b"token"),
        ("é", "e\u0301"),
        ("token", "\ud800"),
    ],
)
def test_another_or_an_empty_verify_token_does_not_match(configured, given_token):
    assert not signature.verify_token_matches(configured, given_token)
