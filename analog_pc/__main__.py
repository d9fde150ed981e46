"""``python -m analog_pc`` is ``analog-pc``."""

from analog_pc.cli import main

main()
