"""Flask, Django (WSGI) or any other WSGI application behind the edge: two lines more."""

from flask import Flask

from quire.edge.wsgi import QuireMiddleware

app = Flask(__name__)
app.add_url_rule("/", view_func=lambda: "A page.\n")
app.wsgi_app = QuireMiddleware(app.wsgi_app, config="quire-edge.toml")
