"""What a job's files and folders are to be to others, as its plan wishes it."""

from bstui.jobs.records import Options
from bstui.system import find_group
from bstui.transfer.permissions import Permissions


def wished_permissions(options: Options) -> Permissions:
    """UsageError where the group is none of this machine's, or none of the user's."""
    return Permissions(
        mode=int(options.chmod, 8) if options.chmod else None,
        group=find_group(options.chgrp) if options.chgrp else None,
        read_only=options.read_only,
    )
