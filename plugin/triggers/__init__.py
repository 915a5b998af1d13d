"""What every trigger shares: listening, and what is told of people, times and errors."""
