"""What happens in a world, subject by subject: each with the Graph calls that make it happen."""
