#!/bin/bash
# Runs one Python test file on the interpreter that experiments/compare runs on.
exec /usr/bin/python3.11 "$@"
