"""What Doorstep does in a second, beside python-telegram-bot's bare echo: `uv run python -m tests.benchmarks`."""
