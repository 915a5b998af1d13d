"""People with phones: what they write, what their phones show, and what they want to hear."""
