"""The project itself: its files, its layers, and migrations that make exactly the tables of the models."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import storage.models  # noqa: F401 - the tables register themselves
from storage.database import MIGRATIONS, Database
from tests.rules import Clock

ROOT = Path(__file__).parent.parent
LONGEST = 400
"""Lines of a file of ours."""
LISTS = ("storage/models.py",)
"""Files that are one list, of the tables: longer, but not harder to read."""
CORE = ("storage", "bot/dispatch", "bot/cards", "bot/forms")
OURS = {"bot", "storage", "tests"}


def modules(*folders: str) -> list[Path]:
    """Every Python file of these folders, without those that are written by tools."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return [path for path in found if MIGRATIONS / "versions" not in path.parents and "page" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """The whole name of every module that a file imports, at its head or inside a function."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def who_imports(paths: list[Path], *names: str) -> list[str]:
    """Which of these files import one of these modules, or something in them."""
    prefixes = tuple(f"{name}." for name in names)
    return [
        str(path.relative_to(ROOT))
        for path in paths
        if any(one in names or one.startswith(prefixes) for one in imports(path))
    ]


class TestFiles:
    """What every file keeps to."""

    def test_none_is_too_long(self) -> None:
        """Nothing of ours is longer than can be read at one sitting; the tables are one list and may be."""
        lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules("bot", "storage")}
        assert {name: many for name, many in lines.items() if many > LONGEST and name not in LISTS} == {}

    def test_each_opens_with_a_word(self) -> None:
        """A module says in its first sentence what it is for; an empty package file has nothing to say."""
        every = [path for path in modules("bot", "storage", "tests") if path.read_text(encoding="utf-8").strip()]
        assert [str(path.relative_to(ROOT)) for path in every if not ast.get_docstring(tree(path))] == []

    def test_each_test_says_what_it_shows(self) -> None:
        """A test has a sentence on what holds."""
        silent = [
            f"{path.name}::{node.name}"
            for path in modules("tests")
            for node in ast.walk(tree(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
            and not ast.get_docstring(node)
        ]
        assert silent == []

    def test_nothing_is_printed(self) -> None:
        """What the command line says goes through its console, everything else through the log."""
        printing = [
            str(path.relative_to(ROOT))
            for path in modules("bot", "storage")
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
        assert printing == []

    @pytest.mark.parametrize("name", [".env.example", "LICENSE", "README.md", "requirements.lock", ".ci/run"])
    def test_what_a_stranger_looks_for(self, name: str) -> None:
        """The files that everybody expects are there, and not empty."""
        assert (ROOT / name).read_text(encoding="utf-8").strip()

    def test_what_is_installed_is_what_is_imported(self) -> None:
        """What the bot reads beside its code (texts, market, places, page, migrations) lies in the two packages."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["bot", "storage"]
        for name in ("texts/en.ftl", "texts/es.ftl", "market.toml", "gazetteer.csv", "sandbox/page/index.html"):
            assert (ROOT / "bot" / name).is_file()


class TestLayers:
    """Imports run one way; import-linter walks the whole graph, these look at single lines."""

    def test_the_contracts_exist(self) -> None:
        """import-linter has its contracts: one of layers, over both packages, and some of what is forbidden."""
        linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
        assert linter["root_packages"] == ["bot", "storage"]
        kinds = [contract["type"] for contract in linter["contracts"]]
        assert kinds.count("layers") == 1
        assert kinds.count("forbidden") >= 4

    def test_the_contracts_name_what_is_there(self) -> None:
        """No contract speaks of a module that is gone: it would hold for ever."""
        linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
        for contract in linter["contracts"]:
            layers = [part.strip(" ()") for layer in contract.get("layers", ()) for part in layer.split("|")]
            ours = [name for name in contract.get("forbidden_modules", ()) if name.partition(".")[0] in OURS]
            for name in (*layers, *contract.get("source_modules", ()), *ours):
                path = ROOT / name.replace(".", "/")
                assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), name

    def test_the_sandbox_imports_nothing_of_ours(self) -> None:
        """It is a Telegram of its own: what it shared with the bot, it could not check."""
        foreign = [
            f"{path.name}: {name}"
            for path in modules("bot/sandbox")
            for name in imports(path)
            if name.partition(".")[0] in OURS and not name.startswith("bot.sandbox.")
        ]
        assert foreign == []

    def test_only_the_playground_knows_the_sandbox(self) -> None:
        """The product speaks with any Bot API server and has no knowledge of ours."""
        others = [path for path in modules("bot", "storage") if "sandbox" not in path.parts]
        assert who_imports([p for p in others if "playground" not in p.parts], "bot.sandbox") == []

    def test_the_core_knows_no_telegram(self) -> None:
        """Rules, queries, cards and forms never see Telegram, nor the network."""
        assert who_imports(modules(*CORE), "telegram", "aiohttp") == []

    def test_the_core_is_plain_functions(self) -> None:
        """Nothing in it waits: no coroutine, no event loop."""
        waiting = [
            str(path.relative_to(ROOT))
            for path in modules(*CORE)
            for node in ast.walk(tree(path))
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
        ]
        assert waiting == []
        assert who_imports(modules(*CORE), "asyncio") == []

    def test_the_core_knows_nothing_above_it(self) -> None:
        """Storage imports only storage; the verbs know neither cards nor forms nor handlers."""
        assert who_imports(modules("storage"), "bot") == []
        above = ("bot.cards", "bot.forms", "bot.chat", "bot.app", "bot.relay", "bot.receiver", "bot.desk", "bot.texts")
        assert who_imports(modules("bot/dispatch"), *above) == []

    def test_handlers_hold_no_sql(self) -> None:
        """Ears call verbs; only `ears.py` knows the database's exceptions, to tell what is to be tried again."""
        chat = modules("bot/chat")
        assert who_imports(chat, "sqlmodel") == []
        assert who_imports(chat, "sqlalchemy") == ["bot/chat/ears.py"]
        ears = [name for name in imports(ROOT / "bot/chat/ears.py") if name.startswith("sqlalchemy")]
        assert all(name.startswith("sqlalchemy.exc.") for name in ears)

    def test_one_mouth(self) -> None:
        """Nobody but the voice calls what puts something into a chat."""
        spoken = [
            f"{path.relative_to(ROOT)}: {node.attr}"
            for path in modules("bot")
            if not {"sandbox", "playground"} & set(path.parts) and path.name != "voice.py"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and SPEECH.fullmatch(node.attr)
        ]
        assert spoken == []

    def test_nothing_hides_behind_type_checking(self) -> None:
        """No circle is dodged by an import that only the type checker sees."""
        assert who_imports(modules("bot", "storage"), "typing.TYPE_CHECKING") == []


SPEECH = re.compile(r"send_\w+|reply_(?!to_|markup)\w+|(edit|delete|copy|forward|pin|unpin)_(chat_)?messages?(_\w+)?")
"""What a Bot's or a Message's methods of speech are called."""


class TestMigrations:
    """From an empty database to today's tables."""

    def test_they_make_exactly_the_models(self, empty: str) -> None:
        """After all migrations, alembic finds nothing that differs from the models, types and indexes included."""
        database = Database(empty, Clock())
        database.migrate()
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, SQLModel.metadata)
        database.close()
        assert differences == []

    def test_running_them_again_changes_nothing(self, empty: str) -> None:
        """`doorstep migrate` may be run at any time."""
        database = Database(empty, Clock())
        for _ in range(2):
            database.migrate()
        with database.engine.connect() as connection:
            versions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
        database.close()
        assert len(versions) == 1

    def test_every_table_of_the_business_has_its_market(self) -> None:
        """A second market must not need new tables: what belongs to one says to which, or belongs to what does."""
        tables = SQLModel.metadata.tables
        own = {name for name, table in tables.items() if "market_id" in table.columns}
        by_parent = {"staff", "invite", "link", "delivery_event"}
        personal = {"draft"}
        installation = {"meta", "market", "inbox", "outbox", "card", "known_place"}
        assert set(tables) - own == by_parent | personal | installation
