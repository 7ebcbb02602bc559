"""`make demo`: installs, builds, migrates, loads the demo, serves. In the foreground, until Ctrl-C or SIGTERM.

PORT, HOST and MIDLINE_DATA are honoured; a second start keeps the data.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

import prepare

SIGN_INS = ("provider", "collaborator", "planning", "lab", "admin")


def check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise prepare.NotReady(
                f"Port {port} on {host} cannot be used ({error.strerror}): stop what uses it or set PORT, for example PORT=8001 make demo."
            ) from error


def wait_until_up(url: str, children: list[subprocess.Popen[bytes]]) -> None:
    for _ in range(240):
        if any(child.poll() is not None for child in children):
            raise prepare.NotReady("The server stopped while it started; its messages stand above.")
        try:
            with urllib.request.urlopen(f"{url}/account/login/", timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.25)
    raise prepare.NotReady("The server did not answer within a minute.")


def stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()


def main() -> None:
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    data = Path(os.environ.get("MIDLINE_DATA", prepare.ROOT / "data")).resolve()
    check_port(host, port)
    prepare.for_demo()
    env = {**os.environ, "MIDLINE_ENV": "demo", "MIDLINE_DATA": str(data), "HOST": host, "PORT": str(port)}
    manage = [str(prepare.PYTHON), "manage.py"]
    for words in (["migrate", "-v0"], ["createcachetable"], ["demo_load"]):
        if subprocess.run([*manage, *words], cwd=prepare.ROOT, env=env, check=False).returncode:
            raise prepare.NotReady(f"`manage.py {words[0]}` failed; its messages stand above.")
    check_port(host, port)

    def ask_to_stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, ask_to_stop)
    granian = [str(prepare.VENV / "bin" / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1"]
    web = [*granian, "--blocking-threads", "32", "--no-access-log", "--log-level", "warning", "config.wsgi:application"]
    children = [subprocess.Popen(words, cwd=prepare.ROOT, env=env, start_new_session=True) for words in (web, [*manage, "worker"])]
    try:
        url = f"http://{'localhost' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104 - compared, not bound
        wait_until_up(url, children)
        accounts = "\n".join(f"    {name}@demo.example" for name in SIGN_INS)
        prepare.say(f"\nMidline is at {url}\n\n  Sign in as\n{accounts}\n  with the password midline-demo\n")
        prepare.say("  My Account, Collaborator(s): colleague@demo.example is found by the whole address, private@demo.example by nobody\n")
        prepare.say(f"  Mail goes to {data / 'mail'} and is shown at {url}/mail/\n  Ctrl-C stops everything; the data stays in {data}\n")
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        prepare.say("A process ended by itself; stopping the others.")
    except KeyboardInterrupt:
        prepare.say("\nStopping …")
    finally:
        stop(children)


if __name__ == "__main__":
    try:
        main()
    except prepare.NotReady as reason:
        sys.exit(f"midline: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
