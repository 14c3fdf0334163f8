"""For those who outgrow a machine. Each module needs an extra, and nothing else imports it."""
