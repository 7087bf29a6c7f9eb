"""What models write: texts worded anew, and templates they propose."""
