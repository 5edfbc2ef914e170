"""Keeps what schemathesis fuzzes as it is: after a request that changes something, the database is put back.

So every request meets the same organizations, also those behind one that deletes them or the caller. `BERTH_DATABASE` is the
host's database; the operations that succeeded are written to the file `BERTH_SUCCEEDED`, a line each.
"""

import atexit
import os
import sqlite3

import schemathesis

live = sqlite3.connect(os.environ["BERTH_DATABASE"], timeout=10, check_same_thread=False)
ground = sqlite3.connect(":memory:", check_same_thread=False)
live.backup(ground)
succeeded = set()


@schemathesis.hook
def after_call(context, case, response):
    """Put the database back where the request was no read and succeeded."""
    method = response.request.method
    if response.status_code >= 400:
        return
    if method not in ("GET", "HEAD", "OPTIONS"):
        ground.backup(live)
    if method == case.operation.method.upper():
        succeeded.add(case.operation.label)


@atexit.register
def report():
    """Say which operations succeeded."""
    with open(os.environ["BERTH_SUCCEEDED"], "w", encoding="utf-8") as file:
        file.write("\n".join(sorted(succeeded)))
