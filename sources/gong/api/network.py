"""Opens HTTP clients; what the environment says of proxies and certificates is httpx's to read.

`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR` belong to
the network of a machine, not to a project, so they are obeyed.
"""

from __future__ import annotations

from typing import Any

import httpx

from sources.gong.api.errors import UnusableInput


class UnusableNetworkSettings(UnusableInput):
    """A proxy or the certificates cannot be used; the message names the variables."""


def open_http(**options: Any) -> httpx.Client:
    """Returns a client with some options of `httpx.Client`.

    Raises:
        UnusableNetworkSettings: the environment names a proxy or certificates that cannot be used.
    """
    # no message shows a value: the address of a proxy may hold a password
    try:
        return httpx.Client(**options)
    except ImportError:
        raise UnusableNetworkSettings(
            "ALL_PROXY, HTTPS_PROXY or HTTP_PROXY names a SOCKS proxy, which gong-elt cannot use: "
            "set HTTPS_PROXY to an HTTP proxy (http://host:port), and unset the SOCKS proxy."
        ) from None
    except OSError as error:
        raise UnusableNetworkSettings(
            f"The certificates of this machine cannot be used ({error.strerror or 'no certificate'}"
            "). Set SSL_CERT_FILE to a file of certificates in PEM format, or unset it; the same "
            "holds for SSLKEYLOGFILE."
        ) from None
    except (ValueError, httpx.InvalidURL):
        raise UnusableNetworkSettings(
            "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY cannot be read. A proxy is "
            "http://host:port; NO_PROXY is a list of hosts with commas between them, an IPv6 "
            "address without brackets."
        ) from None
