"""The same model on graded corruptions of its test scans."""
