"""Forms whose fields choose from artists, each of which is labelled with its label."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, render
from django.urls import path
from django.views.generic import CreateView, FormView, ListView, UpdateView

from tests.places.admin import EARLY_ALBUMS, EarlyChoice, EarlyForm
from tests.places.models import Album, Artist, Producer, Track


class ChooseForm(forms.Form):
    artist = forms.ModelChoiceField(queryset=Artist.objects.order_by("pk"))  # <choose>


class ChooseManyForm(forms.Form):
    artists = forms.ModelMultipleChoiceField(
        queryset=Artist.objects.order_by("pk"),  # <choose many>
        widget=forms.CheckboxSelectMultiple,
    )


class LateForm(forms.Form):
    artist = forms.ModelChoiceField(queryset=Artist.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["artist"].queryset = Artist.objects.filter(pk__gt=0)  # <late>


class AlbumForm(forms.ModelForm):
    class Meta:
        model = Album
        fields = ["title", "artist"]


class OtherForm(forms.ModelForm):
    """Used by a function, and has a method of its own to begin with."""

    class Meta:
        model = Track
        fields = ["title", "composer"]


class DeclaredForm(forms.ModelForm):
    artist = forms.ModelChoiceField(Artist.objects.order_by("pk"))  # <declared>

    class Meta:
        model = Album
        fields = ["title", "artist"]


class InitForm(forms.ModelForm):
    class Meta:
        model = Album
        fields = ["title", "artist"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].label = "Name"


class GoodForm(forms.ModelForm):
    class Meta:
        model = Album
        fields = ["title", "artist", "producer"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["artist"].queryset = Artist.objects.select_related("label")


class Choose(FormView):
    form_class = ChooseForm
    template_name = "places/form.html"


class ChooseMany(FormView):
    form_class = ChooseManyForm
    template_name = "places/form.html"


class Late(FormView):
    form_class = LateForm
    template_name = "places/form.html"


class Change(UpdateView):
    model = Album
    form_class = AlbumForm
    template_name = "places/form.html"


class ChangeDeclared(UpdateView):
    model = Album
    form_class = DeclaredForm
    template_name = "places/form.html"


class ChangeFields(UpdateView):
    model = Album
    fields = ["title", "artist"]
    template_name = "places/form.html"


class ChangeInit(UpdateView):
    model = Album
    form_class = InitForm
    template_name = "places/form.html"


class ChangeOwn(UpdateView):
    model = Album
    fields = ["title", "artist"]
    template_name = "places/form.html"

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)  # <own form>
        form.fields["title"].label = "Name"
        return form


class ChangeMany(CreateView):
    model = Album
    fields = ["title", "genres"]
    template_name = "places/form.html"


class Good(CreateView):
    form_class = GoodForm
    template_name = "places/form.html"


def function(request: HttpRequest) -> HttpResponse:
    return render(request, "places/form.html", {"form": OtherForm()})


TrackFormSet = forms.inlineformset_factory(Album, Track, fields=["title"], extra=0)
PlainFormSet = forms.modelformset_factory(Producer, fields=["name"], extra=0)


def tracks(request: HttpRequest, pk: int) -> HttpResponse:
    """A formset whose rows say ``__str__`` in the template."""
    album = get_object_or_404(Album, pk=pk)
    formset = TrackFormSet(instance=album, queryset=Track.objects.order_by("pk"))  # <tracks>
    return render(request, "places/formset.html", {"formset": formset})


def tracks_of_all(request: HttpRequest, pk: int) -> HttpResponse:
    album = get_object_or_404(Album, pk=pk)
    formset = TrackFormSet(instance=album)  # <all>
    return render(request, "places/formset.html", {"formset": formset})


def producers(request: HttpRequest) -> HttpResponse:
    formset = PlainFormSet(queryset=Producer.objects.order_by("pk"))
    return render(request, "places/plain_formset.html", {"formset": formset})


def album_list(request: HttpRequest) -> HttpResponse:
    albums = get_list_or_404(Album, released__isnull=False)  # <list>
    return render(request, "places/artists.html", {"object_list": albums})


class ChooseEarly(FormView):
    form_class = EarlyChoice
    template_name = "places/form.html"


class ChangeEarly(UpdateView):
    model = Album
    form_class = EarlyForm
    template_name = "places/form.html"


class EarlyList(ListView):
    queryset = EARLY_ALBUMS
    template_name = "places/artists.html"


urlpatterns = [
    path("early-list/", EarlyList.as_view()),
    path("choose-early/", ChooseEarly.as_view()),
    path("change-early/<int:pk>/", ChangeEarly.as_view()),
    path("list/", album_list),
    path("choose/", Choose.as_view()),
    path("choose-many/", ChooseMany.as_view()),
    path("late/", Late.as_view()),
    path("change/<int:pk>/", Change.as_view()),
    path("change-declared/<int:pk>/", ChangeDeclared.as_view()),
    path("change-fields/<int:pk>/", ChangeFields.as_view()),
    path("change-init/<int:pk>/", ChangeInit.as_view()),
    path("change-own/<int:pk>/", ChangeOwn.as_view()),
    path("change-many/", ChangeMany.as_view()),
    path("good/", Good.as_view()),
    path("function/", function),
    path("tracks/<int:pk>/", tracks),
    path("tracks-of-all/<int:pk>/", tracks_of_all),
    path("producers/", producers),
]
