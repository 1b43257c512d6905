"""The vocabulary of keywatch: frozen records, errors and time. It imports nothing of ours."""
