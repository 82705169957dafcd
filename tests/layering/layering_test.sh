#!/bin/bash
exec /usr/bin/python3.11 -I tests/layering/layering.py "$(dirname "$(readlink -f WORKSPACE)")"
