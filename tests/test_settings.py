"""The settings: `.env.example` names each of them, and a bad value stops the start by its name and with its mend."""

import re
from pathlib import Path

import pytest

from bot.app import migrate
from bot.settings import MARKET, BadSettings, Settings, load_market, load_settings

EXAMPLE = Path(__file__).parent.parent / ".env.example"
SETTING = re.compile(r"^(# )?([A-Z][A-Z_]+)=(.*)$")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without .env, and an environment without our variables."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bad(**given: str) -> list[str]:
    """The lines by which these settings, as the environment would give them, are refused."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        with pytest.raises(BadSettings) as refused:
            load_settings()
    return refused.value.lines


class TestExample:
    """`.env.example`: what an operator copies."""

    def settings(self) -> dict[str, tuple[bool, str]]:
        """Its settings: is it switched on, and the value."""
        lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
        return {found[2]: (not found[1], found[3]) for line in lines if (found := SETTING.match(line))}

    def test_exactly_the_settings(self) -> None:
        """Each setting of the code stands in it once, and nothing else does."""
        lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
        names = [found[2] for line in lines if (found := SETTING.match(line))]
        assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)

    def test_a_word_on_each(self) -> None:
        """Above each setting stands at least one comment, not just the setting before it."""
        lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if SETTING.match(line):
                assert lines[number - 1].startswith("# "), line
                assert not SETTING.match(lines[number - 1]), line

    def test_a_copy_of_it_can_be_read(self, bare: Path) -> None:
        """Copied as it is, it gives the defaults: the two that must be filled in are still missing."""
        (bare / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
        assert load_settings() == load_settings(_env_file=None)
        assert load_settings().bot_token is None
        assert load_settings().operators == ()

    def test_what_is_switched_off_says_the_default(self) -> None:
        """A commented setting shows the default (or, where there is no telling, an example that can be read)."""
        default = load_settings(_env_file=None)
        for name, (on, value) in self.settings().items():
            if not on and name not in ("MARKET_FILE", "GEOCODER_OPTIONS"):
                assert str(getattr(default, name.lower())) == value

    def test_switched_on_they_are_read_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every value in it is one that the settings take."""
        for name, (_, value) in self.settings().items():
            monkeypatch.setenv(name, value)
        assert load_settings().geocoder_options == {"user_agent": "doorstep (me@example.org)"}


class TestValues:
    """What each setting takes."""

    def test_all_of_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The environment is read, lists and JSON too; the token is not shown by accident."""
        for name, value in {
            "BOT_TOKEN": "123456789:AAE-secret",
            "BOT_API_URL": "http://127.0.0.1:8081/",
            "DATABASE_URL": "sqlite:////var/lib/doorstep.db",
            "OPERATORS": "6000000001, 42",
            "GEOCODER": "photon",
            "GEOCODER_OPTIONS": '{"domain": "photon.example.org"}',
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
        }.items():
            monkeypatch.setenv(name, value)
        settings = load_settings()
        assert settings.token == "123456789:AAE-secret"
        assert "AAE-secret" not in repr(settings)
        assert settings.bot_api_url == "http://127.0.0.1:8081"
        assert settings.database_url == "sqlite:////var/lib/doorstep.db"
        assert settings.operators == (6_000_000_001, 42)
        assert (settings.geocoder, settings.geocoder_options) == ("photon", {"domain": "photon.example.org"})
        assert (settings.log_level, settings.log_format) == ("DEBUG", "json")
        assert settings.market_file == MARKET

    def test_the_environment_wins_over_the_file(self, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """.env is read from where the bot is started; a variable that is set wins, an empty one does not count."""
        (bare / ".env").write_text("OPERATORS=1\nLOG_LEVEL=ERROR\nNOT_OURS=x\n", encoding="utf-8")
        monkeypatch.setenv("OPERATORS", "2")
        monkeypatch.setenv("LOG_LEVEL", "")
        assert load_settings().operators == (2,)
        assert load_settings().log_level == "ERROR"

    @pytest.mark.parametrize("separated", ["1,2,3", "1 2 3", "1, 2, 3"])
    def test_operators_in_any_manner(self, monkeypatch: pytest.MonkeyPatch, separated: str) -> None:
        """Commas, spaces or both."""
        monkeypatch.setenv("OPERATORS", separated)
        assert load_settings().operators == (1, 2, 3)

    @pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
    def test_postgresql_by_the_driver_that_is_installed(self, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
        """The address as most hosts write it is taken too, with its password."""
        monkeypatch.setenv("DATABASE_URL", f"{scheme}://anna:p%40ss@db.example.org/doorstep")
        assert load_settings().database_url == "postgresql+psycopg://anna:p%40ss@db.example.org/doorstep"

    @pytest.mark.parametrize(
        ("name", "value", "mend"),
        [
            ("BOT_TOKEN", "hello", "@BotFather"),
            ("BOT_TOKEN", "77:ab", "@BotFather"),
            ("BOT_API_URL", "api.telegram.org", "https://api.telegram.org"),
            ("DATABASE_URL", "doorstep.db", "sqlite:///doorstep.db"),
            ("DATABASE_URL", "mysql://host/name", "postgresql+psycopg://"),
            ("DATABASE_URL", "postgresql+asyncpg://host/name", "postgresql+psycopg://"),
            ("OPERATORS", "@olivia", "123456789,987654321"),
            ("OPERATORS", "-5", "123456789,987654321"),
            ("GEOCODER_OPTIONS", "user_agent=doorstep", '{"user_agent": "doorstep"}'),
            ("GEOCODER_OPTIONS", "[1]", "dictionary"),
            ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
            ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ],
    )
    def test_a_bad_value(self, name: str, value: str, mend: str) -> None:
        """One line: the variable's name, and how to mend it; never the value, which may be a secret."""
        (line,) = bad(**{name: value})
        assert line.startswith(f"{name}: ")
        assert mend in line
        assert value not in line.replace(mend, "")

    def test_every_bad_value_at_once(self) -> None:
        """Nobody has to mend one to learn of the next."""
        lines = bad(BOT_TOKEN="x", BOT_API_URL="x", OPERATORS="x", LOG_LEVEL="x")
        assert [line.partition(":")[0] for line in lines] == ["BOT_TOKEN", "BOT_API_URL", "OPERATORS", "LOG_LEVEL"]

    def test_no_token(self) -> None:
        """Who asks for the token where there is none is told where to get one."""
        with pytest.raises(BadSettings, match=r"BOT_TOKEN.*@BotFather"):
            load_settings().token  # noqa: B018 - the property raises

    def test_they_are_frozen(self) -> None:
        """Nobody changes a setting while the bot runs."""
        with pytest.raises(ValueError, match="frozen"):
            load_settings().log_level = "ERROR"


class TestMarket:
    """market.toml: an error names the file's key."""

    def broken(self, folder: Path, old: str, new: str) -> list[str]:
        """The lines by which the shipped market is refused once this is changed in it."""
        text = MARKET.read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / "market.toml").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(BadSettings) as refused:
            load_market(folder / "market.toml")
        return refused.value.lines

    def test_the_one_that_is_shipped(self) -> None:
        """It can be read, and is Las Vegas with its mall."""
        market = load_market(MARKET)
        assert (market.title, market.zone, market.currency) == ("Las Vegas", "America/Los_Angeles", "USD")
        assert [mall.name for mall in market.malls] == ["Fashion Show"]

    @pytest.mark.parametrize(
        ("old", "new", "key"),
        [
            ('zone = "America/Los_Angeles"', 'zone = "America/Las_Vegas"', "zone"),
            ('currency = "USD"', 'currency = "dollars"', "currency"),
            ('units = "mi"', 'units = "yards"', "units"),
            ('languages = ["en", "es"]', "languages = []", "languages"),
            ("max_trip_km = 40", "max_trip_km = 0", "max_trip_km"),
            ("base = 499", "base = 4.99", "tariff.base"),
            ("pay_percent = 80", "pay_percent = 180", "tariff.pay_percent"),
            ("cancel_free_s = 120", "# cancel_free_s = 120", "tariff.cancel_free_s"),
            ("drivers = 3, seconds = 30", "drivers = 3, seconds = 0", "offers.waves.1.seconds"),
            ("lat = 36.1277", "lat = 136.1277", "malls.0.lat"),
        ],
    )
    def test_a_bad_key_is_named(self, bare: Path, old: str, new: str, key: str) -> None:
        """One line: the setting that names the file, and the way to the key."""
        (line,) = self.broken(bare, old, new)
        assert line.startswith(f"MARKET_FILE: {key}: ")

    def test_a_misspelt_key(self, bare: Path) -> None:
        """A key that nobody reads is an error, not a surprise later."""
        lines = self.broken(bare, "radius_m = 350", "radius = 350")
        assert [line.split(": ")[1] for line in lines] == ["malls.0.radius_m", "malls.0.radius"]

    def test_no_such_file(self, bare: Path) -> None:
        """The path that was looked at is said."""
        with pytest.raises(BadSettings) as refused:
            load_market(bare / "nowhere.toml")
        assert refused.value.lines == [f"MARKET_FILE: cannot read {bare / 'nowhere.toml'}: No such file or directory"]

    def test_no_toml(self, bare: Path) -> None:
        """Where in the file reading stopped is said."""
        (line,) = self.broken(bare, 'key = "las-vegas"', "key = las-vegas")
        assert line.startswith("MARKET_FILE: ")
        assert "line 4" in line


def test_a_database_refuses_another_market(tmp_path: Path) -> None:
    """A second market in one database would be ignored in silence: it is refused with the mend."""
    url = f"sqlite:///{tmp_path / 'doorstep.db'}"
    migrate(load_settings(_env_file=None, database_url=url))
    other = tmp_path / "market.toml"
    berlin = MARKET.read_text(encoding="utf-8").replace('key = "las-vegas"', 'key = "berlin"')
    other.write_text(berlin, encoding="utf-8")
    with pytest.raises(BadSettings, match="MARKET_FILE: this database serves the market 'las-vegas'"):
        migrate(load_settings(_env_file=None, database_url=url, market_file=other))
