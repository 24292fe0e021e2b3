"""Starlette, FastAPI, Django (ASGI) or any other ASGI application behind the edge: two lines more."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from quire.edge.asgi import QuireMiddleware

app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("A page.\n"))])
app = QuireMiddleware(app, config="quire-edge.toml")
