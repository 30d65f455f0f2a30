"""A Telegram of our own: the Bot API on one side, people with phones on the other."""
