"""Another scheduler than Slurm, played by a small queue of the tests' own."""
