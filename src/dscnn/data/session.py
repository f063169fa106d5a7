"""Requests over HTTP that send no password of the user's."""

from collections.abc import Callable

import requests


class Session(requests.Session):
    """Proxies and certificates are those of the environment; passwords of ~/.netrc are not sent."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = _own_password

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Keep the password of an address from another server that it sends on to."""
        strip: Callable[[str, str], bool] = self.should_strip_auth
        if strip(response.request.url or "", prepared_request.url or ""):
            prepared_request.headers.pop("Authorization", None)


def _own_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add the password that the address itself holds; without this, requests would look for one in ~/.netrc."""
    user, password = requests.utils.get_auth_from_url(request.url or "")
    return requests.auth.HTTPBasicAuth(user, password)(request) if user or password else request
