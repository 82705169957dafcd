"""The parts of generate.py, one idea each."""
