"""Runs moto's server from a virtual environment of its own, made when absent, until standard input ends.

Usage: python3 moto-server.py FOLDER VERSION. Prints one line, the port on 127.0.0.1; all else goes to standard error.
"""

import os
import shutil
import subprocess
import sys


def make_environment(folder: str, version: str) -> str:
    """Returns the environment's own python. Of any number of callers one makes it and the others wait for it."""
    import fcntl  # the kernel lets the lock go when its holder dies, so that none is ever left behind
    import venv

    python = os.path.join(folder, "bin", "python")
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(python):
            return python
        sys.stderr.write(f"moto {version}: making {folder}, once, in about a minute\n")
        making = f"{folder}.making"
        for leftover in (making, folder):
            shutil.rmtree(leftover, ignore_errors=True)
        venv.create(making, with_pip=True)
        pip = [os.path.join(making, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        install = ["install", "--quiet", f"moto[server]=={version}"]
        subprocess.run(pip + install, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        os.rename(making, folder)  # the environment is there whole or not at all
    return python


def serve() -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    os._exit(0)  # the server's threads hold nothing worth a goodbye


if sys.argv[1:] == ["--serve"]:
    serve()
else:
    interpreter = make_environment(os.path.abspath(sys.argv[1]), sys.argv[2])
    os.execv(interpreter, [interpreter, os.path.abspath(__file__), "--serve"])
