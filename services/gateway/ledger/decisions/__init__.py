"""What follows from a command: pure functions of the record and the time, one file a subject.

A command either gives events and an answer, or raises a Problem and changes nothing.
"""
