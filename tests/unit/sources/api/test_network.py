"""Proxies and certificates of the environment that cannot be used are told by their variables."""

from __future__ import annotations

import pytest

from sources.gong.api.network import UnusableNetworkSettings, open_http

VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NO_PROXY", "[::1", "NO_PROXY"),
        ("NO_PROXY", "10.0.0.1:secret", "NO_PROXY"),
        ("HTTPS_PROXY", "ftp://me:secret@proxy:1", "HTTPS_PROXY"),
        ("HTTPS_PROXY", "proxy:secret", "HTTPS_PROXY"),
        ("ALL_PROXY", "socks5://me:secret@proxy:1080", "SOCKS"),
        ("SSL_CERT_FILE", "/nonexistent/secret.pem", "SSL_CERT_FILE"),
        ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE"),
    ],
)
def test_a_setting_of_the_network_that_cannot_be_used_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UnusableNetworkSettings, match=said) as refused:
        open_http()
    assert "secret" not in str(refused.value)


def test_usual_settings_of_the_network_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,.corp.example,10.0.0.0/8")
    open_http(follow_redirects=False).close()
