"""Imported by the admin, before other applications are ready."""

from __future__ import annotations

from django import forms

from tests.places.models import Album, Artist

EARLY_ALBUMS = Album.objects.order_by("pk")  # <early queryset>


class EarlyForm(forms.ModelForm):
    class Meta:
        model = Album
        fields = ["artist"]


class EarlyChoice(forms.Form):
    artist = forms.ModelChoiceField(queryset=Artist.objects.order_by("pk"))  # <early choice>
