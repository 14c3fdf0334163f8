"""For those who outgrow a machine. Each module needs an extra."""
