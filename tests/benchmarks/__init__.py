"""What Doorstep does in a second, measured beside python-telegram-bot's bare echo: `uv run python -m tests.benchmarks`."""
