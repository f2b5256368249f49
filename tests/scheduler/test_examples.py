"""The examples of `bstui help clusters` are settings that read what such a scheduler prints."""

import re
import textwrap
from importlib.resources import files
from pathlib import Path

import pytest

from bstui.config import load_settings
from bstui.errors import SettingsError
from bstui.jobs.asked import scheduler_of
from bstui.jobs.records import Scheduler
from bstui.jobs.scheduler import OtherScheduler
from bstui.jobs.slurm import JOB_NAME, QueueEntry
from bstui.paths import Places

_ONE, _TWO = JOB_NAME.format(id="01KB0000000000000000000001"), JOB_NAME.format(id="01KB2")
_PRINTED = {
    "PBS": (
        f"Job Id: 12.pbs01\n    Job_Name = {_ONE}\n    Job_Owner = ada@login\n"
        "    resources_used.walltime = 00:00:02\n    job_state = R\n    queue = transfer\n"
        "    Variable_List = PBS_O_HOME=/home/ada,\n\tPBS_O_LANG=C\n\n"
        "Job Id: 13.pbs01\n    Job_Name = other\n    Job_Owner = ada@login\n    job_state = R\n\n"
        f"Job Id: 14.pbs01\n    Job_Name = {_TWO}\n    Job_Owner = ada@login\n    job_state = Q\n",
        "14.pbs01\n",
    ),
    "LSF": (
        f"12|RUN|{_ONE}\n13|RUN|other\n14|PEND|{_TWO}\n",
        "Job <14> is submitted to queue <transfer>.\n",
    ),
}


def example(name: str, places: Places, commands: Path) -> Scheduler:
    page = (files("bstui") / "help" / "clusters.md").read_text()
    text = page.partition(f"{name} (not tried on a real cluster):\n\n")[2]
    block = re.match(r"(?:    .*\n|\n)+", text)
    assert block is not None
    places.config.mkdir(parents=True)
    places.settings.write_text(textwrap.dedent(block[0]))
    form = scheduler_of(load_settings(places, {"BSTUI_SITE_CONFIG": ""}))
    assert form is not None
    return form


def stand_in(folder: Path, **said: str) -> dict[str, str]:
    """An environment with programs that say this, whatever they are asked."""
    for name, text in said.items():
        (folder / f"{name}.txt").write_text(text)
        (folder / name).write_text(f"#!/bin/sh\nexec cat {folder}/{name}.txt\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.mark.parametrize("name", _PRINTED)
def test_an_example_reads_what_the_scheduler_prints(
    name: str, places: Places, tmp_path: Path
) -> None:
    form = example(name, places, tmp_path)
    listed, answer = _PRINTED[name]
    environ = stand_in(
        tmp_path, qselect="12\n13\n14\n", qstat=listed, qsub=answer, bjobs=listed, bsub=answer
    )
    scheduler = OtherScheduler(form, environ)
    assert form.name == name
    assert scheduler.queue() == [
        QueueEntry("12", _ONE, "RUNNING"),
        QueueEntry("14", _TWO, "PENDING"),
    ]
    script = tmp_path / "job.sh"
    script.touch()
    assert scheduler.submit(script) == "14"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("job = '^(?P<id>\\d+'", "scheduler.job: .*no regular expression"),
        ("job = '^(\\d+) (\\w)'", "scheduler.job: .*needs the groups"),
        ("job = 3", "scheduler.job: 3"),
        ("", "config.toml: scheduler.job is missing"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(places: Places, changed: str, said: str) -> None:
    places.config.mkdir(parents=True)
    rest = 'submit = "a"\nstatus = "b"\ncancel = "c"\npending = []\nrunning = []\n'
    places.settings.write_text(f"[scheduler]\n{rest}{changed}\n")
    with pytest.raises(SettingsError, match=said):
        load_settings(places, {"BSTUI_SITE_CONFIG": ""})
