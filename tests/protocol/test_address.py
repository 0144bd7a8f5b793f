"""What may stand in an address of the Graph API."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol.address import checked_id, checked_path, checked_url, checked_version


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://graph.facebook.com", "https://graph.facebook.com"),
        ("https://graph.facebook.com/", "https://graph.facebook.com"),
        ("https://gateway.example.com:8443/meta/", "https://gateway.example.com:8443/meta"),
        ("http://127.0.0.1:8069", "http://127.0.0.1:8069"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1234/", "http://localhost:1234"),
        ("http://[::1]:1234", "http://[::1]:1234"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)  # fmt: skip
def test_https_and_this_machine_are_accepted(url, clean):
    assert checked_url(url) == clean


@pytest.mark.parametrize(
    "url",
    [
        *["", " ", "graph.facebook.com", "//graph.facebook.com", "https://", "https:///x"],
        *["http://graph.facebook.com", "ftp://127.0.0.1", "file:///etc/passwd"],
        *["http://localhost.example.com", "http://127.0.0.1.example.com"],
        *["http://0.0.0.0", "http://10.0.0.1", "http://169.254.1.1", "http://127.1"],
        *["https://user@graph.facebook.com", "https://user:pw@graph.facebook.com"],
        *["http://127.0.0.1@example.com", "http://127.0.0.1:80@example.com", "https://@x"],
        *["https://graph.facebook.com?x=1", "https://graph.facebook.com/?"],
        *["https://graph.facebook.com#x", "https://graph.facebook.com/a/../b"],
        *["https://graph.facebook.com/./a", "https://graph.facebook.com//a"],
        *["https://graph.facebook.com/a b", "https://graph.facebook.com\n", "\thttps://x"],
        *["https://graph.facebook.com\\@example.com", "https://gräph.facebook.com"],
        *["https://graph.facebook.com:0", "https://graph.facebook.com:99999"],
        *["https://graph.facebook.com:x", "https://[::1", "https://graph.facebook.com/%2e"],
        *["javascript:alert(1)", None, 5, b"https://graph.facebook.com"],
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_words(url):
    with pytest.raises(ValueError, match="API address"):
        checked_url(url)


@given(st.text(max_size=60))
def test_no_text_is_accepted_that_leaves_https_and_this_machine(text):
    for url in (text, f"http://{text}", f"http://127.0.0.1{text}", f"https://{text}"):
        try:
            clean = checked_url(url)
        except ValueError:
            continue
        assert clean.lower().startswith(
            ("https://", "http://127.", "http://localhost", "http://[::1]")
        )
        assert "@" not in clean.split("/")[2]


@pytest.mark.parametrize("version", ["v21.0", "v26.0", "v99.0"])
def test_versions_of_the_api_are_accepted(version):
    assert checked_version(version) == version


@pytest.mark.parametrize(
    "version", ["", "26.0", "v26", "v26.1", "v6.0", "v126.0", "v26.0/", "v２６.0", None]
)
def test_what_is_no_version_is_refused(version):
    with pytest.raises(ValueError, match=r"v26\.0"):
        checked_version(version)


@pytest.mark.parametrize("value", ["1", "880000000000001", "0" * 32])
def test_ids_are_digits_as_text(value):
    assert checked_id(value) == value


@pytest.mark.parametrize(
    "value",
    ["", "1/2", "../1", "1?x", "1 ", "1\n", "me", "-1", "1.0", "٣", 1, None, b"1"],
)
def test_anything_else_is_no_id(value):
    with pytest.raises(ValueError, match="digits"):
        checked_id(value)


@pytest.mark.parametrize("path", ["1", "me", "debug_token", "1/events"])
def test_a_node_and_its_edge_are_paths(path):
    assert checked_path(path) == path


@given(st.text(max_size=40))
def test_no_path_climbs_or_carries_a_query(text):
    for path in (text, f"1/{text}", f"{text}/events"):
        try:
            accepted = checked_path(path)
        except ValueError:
            continue
        assert accepted.isascii()
        assert accepted.count("/") <= 1
        assert not set(accepted) & set(".?#%\\@: \n")
