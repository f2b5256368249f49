"""What the service is: regions, credentials, client, models, listings, errors."""
