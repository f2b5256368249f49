"""A queue in a folder, for tests: it takes scripts, lists, starts and removes them.

    queue_program.py SPOOL submit SCRIPT   reads the script's `#Q -N NAME`, `-q QUEUE`, `-o FILE`
    queue_program.py SPOOL list [--full]   a line a job, or PBS's manner of many
    queue_program.py SPOOL delete ID
    queue_program.py SPOOL start           start what waits

With a file `held` in the spool nothing starts by itself; with `lost-answer` the one who submits
gets no answer; ended jobs are listed until they are cleared away.
"""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path


def main(spool: Path, action: str, *arguments: str) -> int:
    with open(spool / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        match action:
            case "submit":
                return submit(spool, Path(arguments[0]))
            case "list":
                return tell(spool, is_full="--full" in arguments)
            case "delete":
                return delete(spool, arguments[0])
            case "start":
                for path in jobs(spool):
                    start(path)
                return 0
    sys.stderr.write(f"queue: unknown action {action}\n")
    return 2


def submit(spool: Path, script: Path) -> int:
    asked = dict(re.findall(r"^#Q -(\w) (.+)$", script.read_text(), re.MULTILINE))
    if asked.get("q") == "nosuch":
        sys.stderr.write("submit: Unknown queue MSG=cannot locate queue nosuch\n")
        return 170
    number = 1 + max((int(path.stem) for path in jobs(spool)), default=41)
    path = spool / f"{number}.json"
    path.write_text(json.dumps({"name": asked["N"], "script": str(script), "out": asked["o"]}))
    if not (spool / "held").exists():
        start(path)
    if (spool / "lost-answer").exists():
        return 0
    sys.stdout.write(f"Your job {number}.{os.uname().nodename} is handed in\n")
    return 0


def jobs(spool: Path) -> list[Path]:
    return sorted(spool.glob("*.json"), key=lambda path: int(path.stem))


def start(path: Path) -> None:
    job = json.loads(path.read_text())
    if "pid" in job:
        return
    with open(job["out"], "ab") as out:
        process = subprocess.Popen(
            [job["script"]],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,
        )
    path.write_text(json.dumps({**job, "pid": process.pid, "start": start_of(process.pid)}))


def start_of(pid: int) -> str:
    """When it began; empty where it is gone, or a zombie."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]


def is_running(job: dict[str, str]) -> bool:
    return "pid" in job and start_of(int(job["pid"])) == job["start"]


def tell(spool: Path, *, is_full: bool) -> int:
    for path in jobs(spool):
        job = json.loads(path.read_text())
        state = "Q" if "pid" not in job else "R" if is_running(job) else "C"
        if (spool / "odd").exists():
            state = "Z"
        if is_full:
            sys.stdout.write(
                f"Job Id: {path.stem}.{os.uname().nodename}\n    Job_Name = {job['name']}\n"
            )
            sys.stdout.write(
                f"    Job_Owner = x@y\n    job_state = {state}\n    queue = transfer\n\n"
            )
        else:
            sys.stdout.write(f"{path.stem} {job['name']} {state}\n")
    return 0


def delete(spool: Path, number: str) -> int:
    path = spool / f"{number}.json"
    if not path.exists():
        sys.stderr.write(f"delete: Unknown Job Id {number}\n")
        return 153
    job = json.loads(path.read_text())
    if is_running(job):
        os.killpg(int(job["pid"]), signal.SIGTERM)
        deadline = time.monotonic() + 60
        while is_running(job) and time.monotonic() < deadline:
            time.sleep(0.02)
    path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
