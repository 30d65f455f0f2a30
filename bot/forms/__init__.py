"""A conversation is a list of questions; its answers are a row. What each question asks, takes and leads to."""
