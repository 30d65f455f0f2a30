"""The whole bot, in conversation: people say, tap, share a location, and see."""
