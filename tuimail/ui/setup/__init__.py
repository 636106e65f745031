"""The form for an account, before there is any mail to show."""
