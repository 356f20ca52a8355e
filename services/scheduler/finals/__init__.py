"""What follows the search: finalists trained again, what explains the winner, the one test, and the
verdict. Each step follows from the ledger and, where there is a time budget, from the time.
"""
