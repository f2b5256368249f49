"""What stands on the screen, as text: a snapshot that a diff can show."""

from typing import Any

from textual.app import App


def screen_text(app: App[Any]) -> str:
    """The lines of the screen, without trailing blanks."""
    return "\n".join(screen_lines(app))


def screen_lines(app: App[Any]) -> list[str]:
    """One private call of Textual, here and nowhere else."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]
