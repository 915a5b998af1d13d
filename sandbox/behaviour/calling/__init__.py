"""Voice calls between a business number and a person."""
