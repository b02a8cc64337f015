"""The rules, in the order in which they are asked; one file for each code."""

from __future__ import annotations

from orm_insight.analysis.detectors.asked_before_loading import AskedBeforeLoading
from orm_insight.analysis.detectors.base import Detector
from orm_insight.analysis.detectors.deep_offset import DeepOffset
from orm_insight.analysis.detectors.deferred_field import DeferredField
from orm_insight.analysis.detectors.function_on_column import FunctionOnColumn
from orm_insight.analysis.detectors.infix_pattern import InfixPattern
from orm_insight.analysis.detectors.length_of_rows import LengthOfRows
from orm_insight.analysis.detectors.lookup_in_loop import LookupInLoop
from orm_insight.analysis.detectors.many_rows import ManyRows
from orm_insight.analysis.detectors.misestimated_rows import MisestimatedRows
from orm_insight.analysis.detectors.missing_index import MissingIndex
from orm_insight.analysis.detectors.narrowed_relation import NarrowedRelation
from orm_insight.analysis.detectors.prefetch_bypassed import PrefetchBypassed
from orm_insight.analysis.detectors.prefetch_related import PrefetchRelated
from orm_insight.analysis.detectors.related_aggregate import RelatedAggregate
from orm_insight.analysis.detectors.related_count import RelatedCount
from orm_insight.analysis.detectors.related_exists import RelatedExists
from orm_insight.analysis.detectors.repeated_statement import RepeatedStatement
from orm_insight.analysis.detectors.same_count import SameCount
from orm_insight.analysis.detectors.same_statement import SameStatement
from orm_insight.analysis.detectors.select_related import SelectRelated
from orm_insight.analysis.detectors.slow_statement import SlowStatement
from orm_insight.analysis.detectors.spilled_to_disk import SpilledToDisk
from orm_insight.analysis.detectors.truth_of_rows import TruthOfRows
from orm_insight.analysis.detectors.unused_relation import UnusedRelation
from orm_insight.analysis.detectors.wide_column import WideColumn

DETECTORS: tuple[Detector, ...] = (
    SelectRelated(),
    PrefetchRelated(),
    NarrowedRelation(),
    PrefetchBypassed(),
    UnusedRelation(),
    DeferredField(),
    LookupInLoop(),
    RelatedCount(),
    RelatedExists(),
    RelatedAggregate(),
    RepeatedStatement(),
    WideColumn(),
    ManyRows(),
    LengthOfRows(),
    TruthOfRows(),
    AskedBeforeLoading(),
    DeepOffset(),
    SameStatement(),
    SameCount(),
    SlowStatement(),
    MissingIndex(),
    InfixPattern(),
    SpilledToDisk(),
    MisestimatedRows(),
    FunctionOnColumn(),
)
