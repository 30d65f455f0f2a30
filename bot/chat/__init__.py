"""The ears: each file parses what one kind of person says, calls one verb, and says what is stale or new."""
