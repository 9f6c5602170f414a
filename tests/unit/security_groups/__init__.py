"""The automation `security_groups`: rules that open sensitive ports to the world."""
