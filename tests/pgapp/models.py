"""One row with a value of every type that must survive capture and EXPLAIN."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, IntegerRangeField
from django.db import models


class Mood(models.TextChoices):
    CALM = "calm"
    WILD = "wild"


class Specimen(models.Model):
    uid = models.UUIDField(default=uuid.uuid4)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    seen_at = models.DateTimeField(null=True)
    duration = models.DurationField(null=True)
    labels = ArrayField(models.CharField(max_length=50), default=list)
    matrix = ArrayField(ArrayField(models.IntegerField()), default=list)
    span = IntegerRangeField(null=True)
    period = DateTimeRangeField(null=True)
    document = models.JSONField(default=dict)
    content = models.BinaryField(default=b"")
    address = models.GenericIPAddressField(null=True)
    mood = models.CharField(max_length=10, choices=Mood, default=Mood.CALM)

    def __str__(self) -> str:
        return str(self.uid)


class Entry(models.Model):
    """Many rows, and no index but that of the primary key and of one foreign key."""

    owner = models.ForeignKey(Specimen, models.CASCADE, related_name="entries", db_constraint=False)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=100)
    number = models.IntegerField()
    created_at = models.DateTimeField()
    is_open = models.BooleanField()
    document = models.JSONField()
    labels = ArrayField(models.CharField(max_length=50))

    def __str__(self) -> str:
        return self.title
