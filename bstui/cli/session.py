"""What one command line works with: its places, settings, profile and client."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from bstui.cli.messages import WaitingLine
from bstui.cli.output import Output
from bstui.paths import Places, find_places

if TYPE_CHECKING:
    from bstui.basespace.client import Client
    from bstui.basespace.credentials import Profile
    from bstui.config import Settings


@dataclass
class Session:
    """The environment and the shared options of one command line."""

    environ: Mapping[str, str]
    profile_name: str | None = None
    state_dir: str | None = None
    ca_bundle: str | None = None
    form: str = "table"

    def with_flags(
        self,
        *,
        profile: str | None,
        state_dir: str | None,
        ca_bundle: str | None,
        form: str | None,
    ) -> "Session":
        """The same session with the flags that were given."""
        return replace(
            self,
            profile_name=profile or self.profile_name,
            state_dir=state_dir or self.state_dir,
            ca_bundle=ca_bundle or self.ca_bundle,
            form=form or self.form,
        )

    @cached_property
    def places(self) -> Places:
        return find_places(self.environ, self.settings.state_dir)

    @cached_property
    def settings(self) -> "Settings":
        return self.settings_with({})

    def settings_with(self, flags: Mapping[str, object]) -> "Settings":
        """The settings where these flags were given too, by the settings' names (`import.verify`).

        SettingsError where the site's file locks one that a flag contradicts.
        """
        from bstui.config import load_settings

        shared = {
            "profile": self.profile_name or None,
            "state_dir": self.state_dir or None,
            "ca_bundle": self.ca_bundle or None,
        }
        return load_settings(
            find_places(self.environ, self.state_dir), self.environ, {**shared, **flags}
        )

    @cached_property
    def worker_environ(self) -> Mapping[str, str]:
        """The environment that a worker is given: what flags and settings say stands in it."""
        bundle = self.settings.ca_bundle
        return {**self.environ, **({"BSTUI_CA_BUNDLE": bundle} if bundle else {})}

    def with_form(self, form: str) -> "Session":
        """The same session, whose output has this form."""
        return replace(self, form=form)

    @property
    def output(self) -> Output:
        return Output(self.form, sys.stdout)

    def choose_profile(self) -> "Profile":
        """The profile of this command line; NotLoggedIn, NotFound or AmbiguousName otherwise."""
        from bstui.basespace.credentials import choose_profile

        usual = self.settings.profile
        return choose_profile(self.places, self.environ, self.profile_name, usual=usual)

    def open(self, profile: "Profile") -> "Client":
        """A client for `profile`, to be entered with `async with`."""
        from bstui.basespace.client import Client

        return Client(
            profile.server,
            profile.token,
            ca_bundle=self.settings.ca_bundle,
            on_wait=WaitingLine(),
        )


def is_terminal() -> bool:
    """Whether a person can be asked: stdin and stderr are terminals."""
    return os.isatty(0) and os.isatty(2)
