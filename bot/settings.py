"""Every setting, read once from the environment or .env and frozen; a bad one stops the start with its mend."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from storage.markets import MarketSettings

MARKET = Path(__file__).parent / "market.toml"
HOOK_PORTS = (443, 80, 88, 8443)
"""The only ports to which Telegram posts updates."""
HERE = ("localhost", "127.0.0.1", "::1")
BEHIND_A_PROXY = ("127.0.0.1", 8088)
"""Where the webhook listens unless LISTEN says otherwise."""
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
DATABASES = "write sqlite:///doorstep.db or postgresql+psycopg://user:password@host/name"


class BadSettings(Exception):
    """Settings that cannot be started with; each line names the variable and how to mend it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """What an installation can set; see .env.example for a word on each."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    bot_token: SecretStr | None = None
    bot_api_url: str = "https://api.telegram.org"
    database_url: str = "sqlite:///doorstep.db"
    operators: Annotated[tuple[int, ...], NoDecode] = ()
    market_file: Path = MARKET
    geocoder: str = "nominatim"
    geocoder_options: dict[str, Any] = Field(default_factory=lambda: {"user_agent": "doorstep"})
    public_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    listen: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @field_validator("operators", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.replace(",", " ").split()
        if not all(part.isdecimal() for part in parts):
            raise ValueError("write Telegram ids separated by commas, as /id tells them: 123456789,987654321")
        return tuple(int(part) for part in parts)

    @field_validator("bot_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            number, _, secret = value.get_secret_value().partition(":")
            if not (number.isdecimal() and len(secret) >= 5):
                raise ValueError("a token looks like 123456789:AAE…; @BotFather shows it under /mybots → API Token")
        return value

    @field_validator("bot_api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("write a whole address, such as https://api.telegram.org")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError(DATABASES) from None
        if url.drivername == "postgresql":  # as most hosts write it
            url = url.set(drivername="postgresql+psycopg")
        if url.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ValueError(DATABASES)
        return url.render_as_string(hide_password=False)

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        try:
            parts, port = urlsplit(value), urlsplit(value).port
        except ValueError:
            raise ValueError("write a whole address, such as https://bot.example.org") from None
        here = parts.scheme == "http" and parts.hostname in HERE  # as a Bot API server on this machine takes it
        if value and not here and not (parts.scheme == "https" and parts.hostname):
            raise ValueError("write a whole https address, such as https://bot.example.org: Telegram posts to no other")
        if value and not here and (port or 443) not in HOOK_PORTS:
            raise ValueError(f"Telegram posts to the ports {', '.join(map(str, HOOK_PORTS))} only")
        if parts.query or parts.fragment:
            raise ValueError("write it without ? and #")
        return value.rstrip("/")

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("write 1 to 256 of A–Z a–z 0–9 _ -, such as `openssl rand -hex 32` makes")
        return value

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        if value:
            read_address(value)
        return value

    @property
    def hook_secret(self) -> str:
        """What Telegram must say with each update that it posts; raises BadSettings where it is missing."""
        if not self.webhook_secret.get_secret_value():
            raise BadSettings(
                ["WEBHOOK_SECRET is missing: with PUBLIC_URL, anybody could post. `openssl rand -hex 32` makes one"]
            )
        return self.webhook_secret.get_secret_value()

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port of the one HTTP port, or None where there is none."""
        if self.listen:
            return read_address(self.listen)
        return BEHIND_A_PROXY if self.public_url else None

    @property
    def token(self) -> str:
        """The bot's token; raises BadSettings where there is none."""
        if self.bot_token is None:
            raise BadSettings(
                ["BOT_TOKEN is missing. Get one from @BotFather (/newbot) and write BOT_TOKEN=… into .env"]
            )
        return self.bot_token.get_secret_value()


def read_address(value: str) -> tuple[str, int]:
    """Host and port; raises ValueError with the mend."""
    host, _, port = value.rpartition(":")
    if not (host and port.isdecimal() and int(port) < 65536):
        raise ValueError("write host:port, such as 127.0.0.1:8088, or 0.0.0.0:8088 to be reached from elsewhere")
    return host.strip("[]"), int(port)


def load_settings(**given: Any) -> Settings:
    """The settings from the environment and .env, `given` ones first; raises BadSettings naming each bad variable."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSettings([_line(part) for part in error.errors()]) from None
    except SettingsError as error:  # GEOCODER_OPTIONS is no JSON: the one value that is read as such
        name = next(name for name in Settings.model_fields if f'"{name}"' in str(error))
        raise BadSettings([f'{name.upper()}: write JSON, such as {{"user_agent": "doorstep"}}']) from None


def _line(part: Any) -> str:
    name = str(part["loc"][0]).upper() if part["loc"] else "settings"
    words = str(part["msg"]).removeprefix("Value error, ")
    return f"{name}: {words}"


def load_market(path: Path) -> MarketSettings:
    """The market that market.toml describes; raises BadSettings naming what is wrong and where."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings([f"MARKET_FILE: cannot read {path}: {error.strerror}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"MARKET_FILE: {path} is no TOML: {error}"]) from None
    rest = {key: value for key, value in tables.items() if key != "market"}
    try:
        return MarketSettings.model_validate({**tables.get("market", {}), **rest})
    except ValidationError as error:
        lines = [f"MARKET_FILE: {'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()]
        raise BadSettings(lines) from None
