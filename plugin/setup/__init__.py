"""What has to be so at Meta before anything arrives or leaves, and who may change it."""
