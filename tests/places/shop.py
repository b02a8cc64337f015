"""Fills the music shop."""

from __future__ import annotations

import datetime

from tests.places.models import Album, Artist, Comment, Genre, Hit, Label, Producer, Sleeve, Track


def fill_shop(using: str, albums: int = 4) -> None:
    """Each album has an artist, a producer, a sleeve, two genres and two tracks of its own."""
    for number in range(albums):
        label = Label.objects.using(using).create(name=f"Label {number}")
        artist = Artist.objects.using(using).create(name=f"Artist {number}", label=label)
        producer = Producer.objects.using(using).create(name=f"Producer {number}")
        album = Album.objects.using(using).create(
            title=f"Album {number}",
            released=datetime.date(2020, 1, 1 + number),
            artist=artist,
            producer=producer,
        )
        hit = Hit.objects.using(using).create(album=album, rank=number + 1)
        Sleeve.objects.using(using).create(album=album, color="blue")
        Comment.objects.using(using).create(subject=album, text="Fine.")
        for side in ("A", "B"):
            genre = Genre.objects.using(using).create(name=f"Genre {number}{side}")
            album.genres.add(genre)
            hit.charts.add(genre)
            Track.objects.using(using).create(
                album=album, title=f"Track {number}{side}", composer=artist
            )
