"""What every page of the operations console is made of: read-only lists and objects, masked columns, audited actions."""
