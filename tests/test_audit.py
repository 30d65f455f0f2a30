"""The audit of CI: what is vulnerable fails, what could not be looked up is said loudly and fails nothing."""

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CLEAN: list[dict[str, Any]] = [
    {"name": "aiohttp", "version": "3.14", "vulns": []},
    {"name": "babel", "version": "2.18", "vulns": []},
]
SKIPPED: list[dict[str, Any]] = [{"name": "aiohttp", "skip_reason": "Dependency not found on PyPI"}, CLEAN[1]]
FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["3.15"], "aliases": [], "description": "x"}
BAD: list[dict[str, Any]] = [{**CLEAN[0], "vulns": [FLAW]}, CLEAN[1]]
UNREACHED = (1, "", "Traceback …\nConnectionError: Failed to resolve 'api.osv.dev'\n")

Ran = tuple[int, str, str]


def told(found: list[dict[str, Any]]) -> Ran:
    """What pip-audit gives."""
    return int(found is BAD), json.dumps({"dependencies": found, "fixes": []}), ""


@pytest.fixture
def audit() -> Callable[..., tuple[int, str]]:
    """Runs the audit with what the services say, in their order; gives the exit code, and what was said."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*answers: Ran, file: Ran = (0, "", "")) -> tuple[int, str]:
        said: list[str] = []
        given = iter(answers)
        code = module.audit(lambda *arguments: file if arguments == ("--dry-run",) else next(given), said.append)
        return code, "".join(said)

    return run


Audit = Callable[..., tuple[int, str]]


def test_nothing_is_known(audit: Audit) -> None:
    """The first service that knows every package is enough."""
    assert audit(told(CLEAN)) == (0, "2 packages audited, none is known to be vulnerable\n")


def test_a_flaw_fails(audit: Audit) -> None:
    """With the package, the flaw, and the version that mends it; also when only the second service tells."""
    for answers in ((told(BAD),), (UNREACHED, told(BAD)), (told(SKIPPED), told(BAD))):
        code, said = audit(*answers)
        assert code == 1
        assert "aiohttp 3.14 is vulnerable: PYSEC-2026-1; mended in 3.15" in said


def test_nobody_can_be_reached(audit: Audit) -> None:
    """It is no failure, and nobody takes it for an audit."""
    code, said = audit(UNREACHED, UNREACHED)
    assert code == 0
    assert "NOT AUDITED: anything" in said
    assert "not audited: osv: ConnectionError: Failed to resolve 'api.osv.dev'" in said
    assert "none is known" not in said


def test_what_a_service_skips_is_not_audited(audit: Audit) -> None:
    """pip-audit calls it well when a service knows none of the packages; we do not."""
    code, said = audit(UNREACHED, told(SKIPPED))
    assert code == 0
    assert "NOT AUDITED: 1 packages (aiohttp" in said
    assert "not audited: pypi: Dependency not found on PyPI" in said
    assert "none is known" not in said


def test_a_file_that_cannot_be_read(audit: Audit) -> None:
    """A lock without a hash is a mistake of ours, and fails."""
    broken = (1, "", "ERROR:pip_audit._cli:requirement aiohttp==3.14 does not contain a hash\n")
    code, said = audit(file=broken)
    assert code == 1
    assert "does not contain a hash" in said


def test_the_lock_has_hashes() -> None:
    """Every requirement has at least one, and no address of where it was fetched."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = re.findall(r"^(\S+)==\S+", text, re.MULTILINE)
    assert len(names) > 30
    blocks = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_ci_looks_at_the_lock() -> None:
    """CI resolves pyproject.toml anew, and fails where requirements.lock says otherwise; then it audits."""
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    export = steps[steps.index("uv export") :].splitlines()[0].split(" --output-file")[0]
    assert "set -euo pipefail" in steps
    assert re.search(r"^diff .* requirements\.lock$", steps, re.MULTILINE)
    assert "uv run python .ci/audit.py" in steps
    uv = shutil.which("uv")
    assert uv is not None
    command = [uv, *export.split()[1:]]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert made == (ROOT / "requirements.lock").read_text(encoding="utf-8")
    smaller = ["--no-emit-package", "starlette"]
    other = subprocess.run([*command, *smaller], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert other != made
