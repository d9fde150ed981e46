"""Networks as graphs: any populations, any projections between them; their reference in float64.

`graph` is the data model; every other file is one thing that is calculated with it.  `analog_pc.pcn` exports
what is public.
"""
