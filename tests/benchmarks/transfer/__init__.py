"""How fast files come, and what that costs, beside the programs that people use for it."""
