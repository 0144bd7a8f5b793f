"""Meta's own words about an error: what they quote goes, what they explain stays."""

import pytest
from protocol.redact import redact

PROOF = "02810c917b3e327d0bc6ccf57ac73ac327c135ce03a538f1a157997bb973e258"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            "(#100) Param $['data'][0]['user_data']['em'] is not hashed: ana@b.example",
            "(#100) Param $['data'][0]['user_data']['em'] is not hashed: [e-mail]",
        ),
        (
            "The value of $['data'][3]['user_data']['ph'][0] is +1 (616) 954-7888",
            "The value of $['data'][3]['user_data']['ph'][0] is [phone]",
        ),
        (
            "$['data'][0]['user_data']['fn'] must be hashed, and is 'Ana Maria'",
            "$['data'][0]['user_data']['fn'] must be hashed, and is \"***\"",
        ),
        ('user_data.ln "O\'Hara" is not hashed', 'user_data.ln "***" is not hashed'),
        ("data[0].user_data.ct: 'Berlin", 'data[0].user_data.ct: "***"'),
        (
            "user_data[client_ip_address]: 203.0.113.9",
            "user_data[client_ip_address]: ***",
        ),
        (
            "client_ip_address value 2001:db8::8a2e:1 of",
            "client_ip_address value *** of",
        ),
        (
            "client_ip_address=203.0.113.9&client_user_agent=Mozilla%2F5.0&lead_id=17",
            "client_ip_address=***&client_user_agent=***&lead_id=17",
        ),
        ("fbc fb.1.1554763741205.AbCdEf-Gh_Ij is old", "fbc [click id] is old"),
        ("fbp: fb.1.1596403881668.1116446470", "fbp: [click id]"),
        ("/thanks?fbclid=IwAR0abcdefghijklmnop&x=1", "/thanks?fbclid=[click id]&x=1"),
        ("ctwa_clid 'ARAkLkA8rmlFeiCktEJQ-QTw_zfU' bad", "ctwa_clid '[click id]' bad"),
        (f"Invalid hash {PROOF} for em", "Invalid hash [hash] for em"),
    ],
)
def test_what_meta_quotes_of_a_person_goes_and_its_words_stay(said, left):
    assert redact(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "Unexpected key \"email\" on param \"$['data'][0]['user_data']\".",
        "The parameter $['data'][0]['event_name'] is required.",
        "$['data'][0]['custom_data']['currency'] must be 'USD' or another code",
        "user_data.em must be hashed",
        "Invalid OAuth access token - Cannot parse access token",
        "Error validating access token: Session has expired on Saturday, 21-Nov-26.",
        "access token: internationalisation",
        "Error validating access token: The user 100001234567890 has not authorized"
        " application 1000000000000001.",
        "Unsupported get request. Object with ID '1234567890123456' does not exist",
        "Unsupported get request. Object with ID '104238571046' does not exist",
        "(#100) Page ID: 104238571046 has no form_id=204238571",
        "No access to dataset 104238571046.",
        "the server 203.0.113.9 does not answer; client_ip_address is missing",
    ],
)
def test_what_explains_an_error_of_metas_stays(said):
    assert redact(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "Page ID +49 30 104238571",
        "The page 0301042385 was called",
        "user_id of the person, phone 104238571046",
        "called app on 104238571046",
        "ID 104238571046",
        "homepage 104238571046",
    ],
)
def test_a_number_that_no_words_call_an_id_of_metas_goes(said):
    assert "[phone]" in redact(said)
