"""Traces as spans of OpenTelemetry, for those who look at them there."""
