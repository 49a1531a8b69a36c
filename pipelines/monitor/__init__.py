"""Tells how things are: status, check, schema drift, deletion alarms."""
