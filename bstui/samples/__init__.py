"""What a user means by a sample: marks, the basket, selectors, grouping, layout."""
