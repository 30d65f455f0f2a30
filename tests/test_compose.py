"""`compose.yaml` and the Dockerfile, as far as can be told without Docker: they name only what exists."""

import re
from pathlib import Path
from typing import Any

import yaml

from bot.settings import Settings, load_settings

ROOT = Path(__file__).parent.parent
ITS_OWN = {"DOMAIN", "POSTGRES_PASSWORD"}
"""What the file reads from .env for itself; its head says so."""
KNOWN = {name.upper() for name in Settings.model_fields}


def composed() -> dict[str, Any]:
    """The file, read."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return read


def test_only_settings_that_exist() -> None:
    """Each variable that a worker is given is a setting; each that the file reads is one, or its own and explained."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    workers = [service for name, service in composed()["services"].items() if name.startswith("worker")]
    assert len(workers) == 2
    for worker in workers:
        assert set(worker["environment"]) <= KNOWN
    head = text.partition("x-worker")[0]
    read = set(re.findall(r"\$\{([A-Z_]+)", text))
    assert read <= KNOWN | ITS_OWN
    assert [name for name in read if name not in head] == []


def test_the_database_s_address_is_one_that_is_taken() -> None:
    """What the workers are given as DATABASE_URL leads to the service, its user and its database."""
    services = composed()["services"]
    given, made = services["worker-1"]["environment"]["DATABASE_URL"], services["database"]["environment"]
    filled = re.sub(r"\$\{[^}]*\}", "secret", given)
    assert load_settings(_env_file=None, database_url=filled).database_url == filled
    assert filled == f"postgresql+psycopg://{made['POSTGRES_USER']}:secret@database/{made['POSTGRES_DB']}"


def test_the_proxy_leads_to_the_workers() -> None:
    """The proxy's upstreams are the workers where they listen, and nothing but the webhook is let through."""
    file = composed()
    port = file["x-worker"]["environment"]["LISTEN"].rpartition(":")[2]
    rules = file["configs"]["proxy"]["content"]
    upstreams = re.findall(r"(worker-\d):(\d+)", rules)
    assert upstreams == [("worker-1", port), ("worker-2", port)]
    assert re.findall(r"handle (\S+)", rules) == ["/telegram"]


def test_the_image_copies_what_there_is() -> None:
    """Everything the Dockerfile copies exists and is let through by .dockerignore; the versions are checked by hash."""
    words = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (\S+)", words, re.MULTILINE)
    let_through = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in let_through
    assert "--require-hashes" in words
