"""Where everything is kept: tables, commits, the store, files, and what seals them."""
