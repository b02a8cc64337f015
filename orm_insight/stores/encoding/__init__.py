"""Traces as bytes for a store that several processes share, and back: versioned, no pickle.

An entry is a magic word, a version, and compressed JSON. What cannot be read raises
``UnreadableTraceError`` and nothing else.
"""

from orm_insight.stores.encoding.traces import (
    ForeignTraceError,
    UnreadableTraceError,
    decode,
    decode_summary,
    encode,
    encode_summary,
)

__all__ = [
    "ForeignTraceError",
    "UnreadableTraceError",
    "decode",
    "decode_summary",
    "encode",
    "encode_summary",
]
