"""What people would use instead. These run in an environment of their own, with nothing of ours."""
