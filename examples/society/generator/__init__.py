"""The demonstration society's year, made up: works, access logs, receipts, and the truth about every line.

Nothing here imports Quire. What it writes is what Quire is tested against, so it must know on its own which
line stands under which heading.
"""
