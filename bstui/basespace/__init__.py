"""What the service is: regions, credentials, client, models, listings, errors."""

import sys

# httpx's own command line, which nobody here uses, brings rich and pygments wherever these are
# installed: 6 MB and 80 ms of every start. None: its import fails, as httpx expects it may.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None, which import takes
