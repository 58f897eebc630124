#!/usr/bin/env python3
"""Make .venv hold exactly what requirements.txt names. Needs nothing but Python 3.11 itself.

Does nothing when that is already so. An installation that was broken off is done again: the marker
with the hash of requirements.txt is removed before and written after.
"""

import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)


def main() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:2]))
        stop(
            f"RoleFerry needs Python 3.11 or newer and this is {found}: install a newer one, or name it: make PYTHON=python3.12"
        )
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make up` and `make test` may begin together
        bootstrap(ROOT)


def bootstrap(root: Path) -> None:
    """Bring `root`/.venv in line with `root`/requirements.txt."""
    environment = root / ".venv"
    requirements = root / "requirements.txt"
    marker = environment / ".installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if marker.exists() and marker.read_text() == wanted and runs(environment, "-c", "pass"):
        return
    marker.unlink(missing_ok=True)
    say(f"Installing the packages of requirements.txt into {environment} (once, about a minute)")
    if not runs(environment, "-m", "pip", "--version"):
        make_environment(environment)
    install(environment, requirements)
    draft = marker.with_suffix(".new")
    draft.write_text(wanted)
    draft.replace(marker)


def make_environment(environment: Path) -> None:
    """Make an environment with pip; say what to install when this Python cannot."""
    if importlib.util.find_spec("ensurepip") is None:
        version = ".".join(map(str, sys.version_info[:2]))
        stop(
            "This Python came without ensurepip, so it cannot make a virtual environment: install "
            f"it (on Debian and Ubuntu: apt install python{version}-venv) and run the command again."
        )
    try:
        venv.create(environment, clear=True, with_pip=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        stop(
            f"The virtual environment {environment} could not be made ({error}): remove it and run the command again."
        )


def install(environment: Path, requirements: Path) -> None:
    """Install with uv, which takes seconds, or with pip where uv cannot be had."""
    python = str(environment / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = [python, "-m", "uv", "pip", "sync", "--quiet", "--python", python, str(requirements)]
    if call([*pip, "uv"]):
        if call(uv):
            return
        say("uv could not install the packages; trying pip")
    if not call([*pip, "-r", str(requirements)]):
        stop(
            "The packages could not be installed, for the reason above: check the network and run "
            "the command again; what was downloaded is kept."
        )


def runs(environment: Path, *arguments: str) -> bool:
    """Return whether the environment's Python exists, works and is new enough."""
    python = environment / "bin" / "python"
    return shutil.which(python) is not None and call([str(python), *arguments], quiet=True)


def call(command: list[str], *, quiet: bool = False) -> bool:
    """Run a command of ours and return whether it went well."""
    output = subprocess.DEVNULL if quiet else None
    answer = subprocess.run(command, check=False, stdout=output, stderr=output)  # noqa: S603 - no outside input
    return answer.returncode == 0


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def stop(sentence: str) -> NoReturn:
    sys.exit(sentence)


if __name__ == "__main__":
    main()
