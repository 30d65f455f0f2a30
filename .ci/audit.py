"""Is a version in requirements.lock known to be vulnerable? Exit code 1 where one is, or where the file cannot be read.

Where no service of vulnerabilities can be reached, that is said loudly, and is no failure: whoever builds without a
network builds all the same, and nobody takes it for an audit.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements.lock"
SERVICES = ("osv", "pypi")
"""Asked in this order, until one knows everything."""
LINE = "=" * 100

Ran = tuple[int, str, str]
"""Exit code, and what was written to both outputs."""


def pip_audit(*arguments: str) -> Ran:
    """Run pip-audit over the lock, as it is: with its hashes, and without installing anything."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    ran = subprocess.run(  # noqa: S603
        [*command, "--format=json", f"--requirement={LOCK}", *arguments], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


def audit(run: Callable[..., Ran] = pip_audit, say: Callable[[str], object] = sys.stdout.write) -> int:
    """Ask the services; returns the exit code."""
    code, _, errors = run("--dry-run")
    if code:
        say(f"{LOCK.name} cannot be audited: {_last(errors)}\n")
        return 1
    missing: set[str] | None = None
    reasons = []
    for service in SERVICES:
        _, written, errors = run(f"--vulnerability-service={service}")
        try:
            found = json.loads(written)["dependencies"]
        except (ValueError, KeyError, TypeError):
            reasons.append(f"{service}: {_last(errors)}")
            continue
        bad = [(one, flaw) for one in found for flaw in one.get("vulns", ())]
        for one, flaw in bad:
            better = ", ".join(flaw.get("fix_versions", ())) or "no version yet"
            say(f"{one['name']} {one['version']} is vulnerable: {flaw['id']}; mended in {better}\n")
        if bad:
            return 1
        skipped = {one["name"]: one["skip_reason"] for one in found if "skip_reason" in one}
        reasons += [f"{service}: {reason}" for reason in list(skipped.values())[:1]]
        missing = set(skipped) if missing is None else missing & set(skipped)
        if not missing:
            say(f"{len(found)} packages audited, none is known to be vulnerable\n")
            return 0
    what = "anything" if missing is None else f"{len(missing)} packages ({', '.join(sorted(missing)[:5])}, …)"
    say(f"{LINE}\nNOT AUDITED: {what}: no service could tell\n")
    for reason in reasons:
        say(f"  not audited: {reason}\n")
    say(f"{LINE}\n")
    return 0


def _last(written: str) -> str:
    lines = [line for line in written.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


if __name__ == "__main__":
    sys.exit(audit())
