"""Names, places and occupations of the authors. Data only."""

from __future__ import annotations

from demo.seeding.listed import listed

FIRST_NAMES = listed(
    """
    Amara, Anouk, Astrid, Beatriz, Bojan, Camille, Carlos, Chiara, Daniel, Deepa, Dmitri, Eamon,
    Elif, Emma, Esther, Farid, Fatima, Felix, Freya, Giulia, Grace, Hana, Hannah, Henrik, Ibrahim,
    Ines, Ingrid, Isabel, Ivo, Jakub, Jin, Johanna, Jonas, Joseph, Kaito, Karin, Katya, Kofi,
    Lars, Leila, Lena, Liam, Lucia, Magnus, Malik, Marta, Mateo, Maya, Mehmet, Mei, Miriam, Nadia,
    Naomi, Nikhil, Noah, Olga, Oscar, Paula, Pavel, Priya, Rachel, Rafael, Ravi, Rosa, Samuel,
    Sanna, Simon, Sofia, Tariq, Tomasz, Uma, Valentina, Viktor, Wanjiru, Yara, Yusuf, Zofia, Zuri
    """
)

LAST_NAMES = listed(
    """
    Abara, Acheampong, Adler, Almeida, Andersen, Aydin, Bailey, Baptiste, Barros, Bauer, Becker,
    Benali, Berg, Bianchi, Brandt, Byrne, Carvalho, Castillo, Chandra, Chen, Conti, Costa, Dahl,
    Delgado, Demir, Diallo, Dubois, Eriksen, Esposito, Farah, Fischer, Fontaine, Fraser,
    Gallagher, Garcia, Greco, Gupta, Haddad, Hansen, Hartmann, Hayashi, Hoffmann, Horvat, Iyer,
    Jansen, Jimenez, Kamara, Kapoor, Keller, Khalil, Kimura, Kowalski, Kruger, Lambert, Larsen,
    Lehmann, Lindqvist, Lombardi, Lopez, Mensah, Mercier, Meyer, Moreau, Mori, Mwangi, Nakamura,
    Nair, Navarro, Ndiaye, Nguyen, Novak, Nowak, O'Brien, Okafor, Olsen, Ortega, Ozturk, Park,
    Pereira, Petrov, Quinn, Rahman, Ramos, Reyes, Ricci, Rossi, Sato, Schmidt, Sharma, Silva,
    Sokolov, Suzuki, Svensson, Tanaka, Torres, Vargas, Virtanen, Vogel, Wagner, Walsh, Weber,
    Wilson, Yilmaz, Zhang
    """
)

CITIES = listed(
    """
    Accra, Amsterdam, Athens, Barcelona, Bergen, Berlin, Bogota, Bristol, Budapest, Cape Town,
    Copenhagen, Dublin, Edinburgh, Ghent, Hamburg, Helsinki, Istanbul, Krakow, Kyoto, Lisbon,
    Ljubljana, Lyon, Melbourne, Montreal, Mumbai, Nairobi, Naples, Osaka, Oslo, Porto, Prague,
    Seoul, Tallinn, Toronto, Turin, Utrecht, Valencia, Vienna, Warsaw, Zurich
    """
)

OCCUPATIONS = listed(
    """
    backend developer, baker, botanist, bookseller, carpenter, chemistry teacher, choir conductor,
    cycling courier, data analyst, doctor, editor, geologist, graphic designer, landscape
    gardener, librarian, luthier, marine biologist, midwife, museum guide, nurse, photographer,
    physicist, piano tuner, railway engineer, school cook, sound engineer, translator, violinist
    """
)

PASTIMES = listed(
    """
    restores old bicycles, keeps bees on a roof, sings in a choir, runs slowly and far, bakes too
    much bread, draws maps of places that do not exist, collects tide tables, reads three books at
    a time, repairs radios, grows tomatoes against all advice, swims in cold lakes, plays second
    violin, photographs doors, learns Finnish
    """
)
