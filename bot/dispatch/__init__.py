"""What the business does, in verbs: pure rules and functions over a unit of work; knows no Telegram."""
