"""Calls every operation of stdin with the generated client, and prints a result of each as JSON."""

import importlib
import inspect
import json
import pkgutil
import re
import sys

import posthorn_client.api as api
from posthorn_client import AuthenticatedClient
from posthorn_client.models import Refusal

given = json.load(sys.stdin)
client = AuthenticatedClient(given["url"], given["key"], raise_on_unexpected_status=True)
modules = {
    name: importlib.import_module(f"{tag.name}.{name}")
    for tag in pkgutil.iter_modules(api.__path__, "posthorn_client.api.")
    for _, name, _ in pkgutil.iter_modules(importlib.import_module(tag.name).__path__)
}


def result(call):
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", call["operation"]).lower()
    function = modules[name].sync_detailed
    arguments = {re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower(): value for key, value in call["params"].items()}
    body = inspect.signature(function).parameters.get("body")
    if body is not None:
        kind = [one for one in getattr(body.annotation, "__args__", [body.annotation]) if hasattr(one, "from_dict")][0]
        arguments["body"] = kind.from_dict(call["body"])
    answer = function(client=client, **arguments)
    isRefused = isinstance(answer.parsed, Refusal)
    return {"status": int(answer.status_code), "isTyped": answer.parsed is not None and not isRefused}


print(json.dumps([result(call) for call in given["calls"]]))
