"""What a raw run is."""
