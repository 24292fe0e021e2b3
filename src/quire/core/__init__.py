"""The mathematics of money, terms, plans and evidence: one code for a server, a site and an auditor's laptop.

Owns every division of money and everything an auditor needs. Does not own any I/O, framework or setting; it
imports nobody but the standard library, ``joserfc`` (in ``tokens``) and ``rfc8785`` (in ``canonical``); numpy
where it is installed, for speed and never for another answer.
"""
