"""The bootstrap installs into an environment of its own; no index is needed for an empty list."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def bootstrap(folder):
    answer = subprocess.run(
        [sys.executable, str(folder / "bin" / "bootstrap.py")],
        env={"PATH": os.defpath, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout, answer.stderr


def borrow_installers(environment):
    """Make an environment that uses our pip and uv: unpacking pip anew takes seconds."""
    venv.create(environment, with_pip=False)
    ours = importlib.util.find_spec("pip").submodule_search_locations[0]
    site = next(environment.glob("lib/*/site-packages"))
    (site / "borrowed.pth").write_text(str(Path(ours).parent))


def test_bootstrap_installs_once_and_again_after_a_broken_install(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "bootstrap.py", tmp_path / "bin")
    requirements = tmp_path / "requirements.txt"
    marker = tmp_path / ".venv" / ".installed"
    borrow_installers(tmp_path / ".venv")

    requirements.write_text("# nothing\n")
    status, said, _ = bootstrap(tmp_path)
    assert status == 0
    assert said.startswith("Installing the packages of requirements.txt into ")
    assert marker.read_text() == hashlib.sha256(b"# nothing\n").hexdigest()
    assert bootstrap(tmp_path) == (0, "", "")

    requirements.write_text("no-such-package-of-roleferry==1\n")
    status, _, complaint = bootstrap(tmp_path)
    assert status == 1
    assert complaint.strip().endswith(
        "The packages could not be installed, for the reason above: check the network and run "
        "the command again; what was downloaded is kept."
    )
    assert not marker.exists()  # so the next run tries again

    requirements.write_text("# nothing\n")
    assert bootstrap(tmp_path)[0] == 0
    assert marker.exists()


def test_python_without_ensurepip_is_told_what_to_install(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "bootstrap.py", tmp_path / "bin")
    (tmp_path / "requirements.txt").write_text("")
    code = (
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'ensurepip' else find(name)\n"
        f"runpy.run_path({str(tmp_path / 'bin' / 'bootstrap.py')!r}, run_name='__main__')\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    version = ".".join(map(str, sys.version_info[:2]))
    assert answer.stderr == (
        "This Python came without ensurepip, so it cannot make a virtual environment: install it "
        f"(on Debian and Ubuntu: apt install python{version}-venv) and run the command again.\n"
    )
    assert not (tmp_path / ".venv").exists()
