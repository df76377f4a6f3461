"""Addresses that were retyped with a slash too many lead to the one without, when there is a page there."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

from flask import Request, Response, current_app
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

PERMANENT = 308  # method and query stay as they are
# What a page of another site needs to follow a redirect to public data (evidence/public_files.py).
TOLD_TO_ALL = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Cross-Origin-Resource-Policy")
IN_A_QUERY = "%!$&'()*+,;=:@/?-._~[]"


def without_slash(request: Request) -> Response | None:
    """A 308 to the same address without its last slashes; None when that is no page either, or the request no GET."""
    if request.method not in ("GET", "HEAD") or not request.path.endswith("/"):
        return None
    path = _canonical(request, re.sub("/+", "/", request.path).rstrip("/"))
    headers = _headers_at(request, path) if path else None
    if path is None or headers is None:
        return None
    query = quote(request.query_string, safe=IN_A_QUERY)
    response = Response(status=PERMANENT, headers={"Location": f"{path}?{query}" if query else path})
    response.headers.update({name: headers[name] for name in TOLD_TO_ALL if name in headers})
    return response


def leads_somewhere(request: Request) -> bool:
    """False when the router would redirect ("/donnees/x" to "/donnees/x/") to a page that does not exist."""
    redirect = request.routing_exception
    if not isinstance(redirect, RequestRedirect) or request.method not in ("GET", "HEAD"):
        return True
    return _headers_at(request, urlsplit(redirect.new_url).path) is not None


def _canonical(request: Request, path: str) -> str | None:
    """The path of the route that answers `path`, written by the router; None when no route does.

    Never what was asked for: "//evil.example/" stripped of its slash would be an address on another host.
    """
    router = current_app.create_url_adapter(request)
    try:
        rule, values = router.match(path, method="GET", return_rule=True)  # type: ignore[union-attr]
    except HTTPException:  # a redirect of the router, too: it leads back to the address with the slash
        return None
    built = rule.build(values, append_unknown=False)
    return request.script_root + built[1] if built else None


def _headers_at(request: Request, path: str) -> Headers | None:
    """The headers of the page at a path of ours, asked for with the visitor's query; None when it is not found."""
    environ = {name: value for name, value in request.environ.items() if name.isupper() or name.startswith("wsgi.")}
    environ["PATH_INFO"] = _as_wsgi(path.removeprefix(request.script_root))
    environ["REQUEST_METHOD"] = "HEAD"  # counts nothing
    with Response.from_app(current_app.wsgi_app, environ) as found:
        return None if found.status_code == 404 else found.headers


def _as_wsgi(path: str) -> str:
    """A path as PATH_INFO has it: unquoted, its bytes as Latin-1 (PEP 3333)."""
    return unquote_to_bytes(path).decode("latin-1")
