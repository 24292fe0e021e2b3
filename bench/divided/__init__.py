"""The parts of ``bench/distribution.py``: the data, the ways of dividing it, what is measured, the plot."""
