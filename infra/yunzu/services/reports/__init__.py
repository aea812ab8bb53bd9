"""Reports in the forms that are read without a program of ours: spreadsheets, and a page."""
