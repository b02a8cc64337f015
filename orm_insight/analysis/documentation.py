"""Where Django's documentation justifies each hint."""

from __future__ import annotations

_OPTIMIZATION = "topics/db/optimization/"
_QUERYSETS = "ref/models/querysets/"
_DOCS = {
    "ORM101": f"{_QUERYSETS}#select-related",
    "ORM102": f"{_QUERYSETS}#prefetch-related",
    "ORM103": f"{_QUERYSETS}#prefetch-objects",
    "ORM104": f"{_QUERYSETS}#prefetch-related",
    "ORM105": f"{_OPTIMIZATION}#don-t-retrieve-things-you-don-t-need",
    "ORM106": f"{_QUERYSETS}#defer",
    "ORM201": "topics/db/aggregation/#generating-aggregates-for-each-item-in-a-queryset",
    "ORM202": "ref/models/expressions/#exists-subqueries",
    "ORM203": "topics/db/aggregation/#joins-and-aggregates",
    "ORM204": f"{_QUERYSETS}#in-bulk",
    "ORM205": f"{_OPTIMIZATION}#retrieve-everything-at-once-if-you-know-you-will-need-it",
    "ORM301": f"{_QUERYSETS}#defer",
    "ORM302": f"{_QUERYSETS}#iterator",
    "ORM303": f"{_QUERYSETS}#count",
    "ORM304": f"{_QUERYSETS}#exists",
    "ORM305": f"{_OPTIMIZATION}#don-t-overuse-contains-count-and-exists",
    "ORM306": "topics/db/queries/#limiting-querysets",
    "ORM501": f"{_OPTIMIZATION}#understand-cached-attributes",
    "ORM502": "ref/paginator/#django.core.paginator.Paginator.count",
    "ORM601": f"{_OPTIMIZATION}#profile-first",
    "ORM602": "ref/models/options/#indexes",
    "ORM603": "ref/contrib/postgres/indexes/#ginindex",
    "ORM604": f"{_OPTIMIZATION}#use-standard-db-optimization-techniques",
    "ORM605": f"{_QUERYSETS}#explain",
    "ORM606": "ref/models/indexes/#expressions",
}


def docs_of(code: str) -> str:
    """Django's documentation that justifies the hint."""
    return f"https://docs.djangoproject.com/en/stable/{_DOCS[code]}"
