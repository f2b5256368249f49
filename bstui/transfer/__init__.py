"""How bytes arrive: paths beneath the destination, partials, fetch, verify, publish."""
