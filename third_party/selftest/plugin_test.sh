#!/bin/bash
exec "./$1" "./$2"
