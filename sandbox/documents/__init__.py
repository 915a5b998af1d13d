"""What is read and written as a document: whole worlds, single things, bodies of webhooks."""
