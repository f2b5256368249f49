"""A plan that outlives the terminal: plan, folder, state, worker, control, launchers."""
