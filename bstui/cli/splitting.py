"""What a command line says of an import that is several jobs, and how it starts them."""

from collections.abc import Sequence

from bstui.cli.following import exit_code_of_all, follow, tell_failures
from bstui.cli.jobs import write_jobs
from bstui.cli.messages import say
from bstui.cli.session import Session
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import Launcher
from bstui.jobs.split import Part, start_parts
from bstui.jobs.watch import JobWatch
from bstui.units import count_text, size_text


def describe_parts(parts: Sequence[Part], wished: int | None) -> None:
    """How the plan is shared out, on stderr."""
    if not parts:
        return
    if wished is not None and len(parts) < wished:
        say(f"  split: {count_text(len(parts), 'job')}, not {wished}: a sample is never cut")
    for one in parts:
        header = one.header
        what = f"{count_text(header.files, 'file')}, {size_text(header.bytes)}"
        if header.samples:
            what = f"{count_text(header.samples, 'sample')}, {what}"
        say(f"  job {header.part} of {header.parts}: {what}")
    if parts[0].header.launcher is Launcher.DETACHED:
        say("  all of them on this machine, whose line they share; --launch slurm takes nodes")


def carry_out_parts(session: Session, parts: Sequence[Part], *, attaches: bool) -> int:
    """Start the jobs; follow them, where that was asked for."""

    def show_start(folders: Sequence[JobFolder]) -> None:
        if session.form != "table":
            write_jobs(session, [JobWatch(folder).refresh() for folder in folders])

    folders = start_parts(
        parts,
        places=session.places,
        environ=session.worker_environ,
        profile=session.choose_profile(),
        on_made=show_start,
    )
    code = 0
    if attaches:
        code = exit_code_of_all([follow(folder) for folder in folders])
    views = [JobWatch(folder).refresh() for folder in folders]
    write_jobs(session, views)
    for view in views:
        tell_failures(view)
    group = views[0].header.group
    if any(view.status.is_active for view in views):
        say(f"The jobs go on by themselves. Watch them: bstui attach {group}")
    say(f"Sheets over all of them: bstui sheet {group} --sheet NAME")
    return code
