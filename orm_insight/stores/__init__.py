"""Where finished traces are kept, each way of keeping them behind the protocol in ``base``.

A store knows traces and nothing else: no settings, no analysis, no capture.
"""
