"""Plumbline as one Azure Functions app: creates it and registers the blueprints, nothing else."""

import azure.functions as func

from blueprints import collect, features, http, relay

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (collect.bp, relay.bp, features.bp, http.bp):
    app.register_functions(blueprint)
