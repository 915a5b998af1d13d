"""What the HTTP interface answers, as its OpenAPI document says it."""
