"""What every flow needs, whatever service it speaks with: a connector like any other."""
