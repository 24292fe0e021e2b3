"""Titles that can be read, put together from lists of words; each list gives each title once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from math import gcd

_PARTS: dict[str, tuple[str, str, str]] = {
    "en": (
        (
            "The harbour ferry|The old mill|The night market|The town choir|The last lighthouse keeper|"
            "The flood wall|The school orchard|The corner bakery|The ring road|The covered bridge|"
            "The chess club|The salt works|The village hall|The tram depot|The allotment society|"
            "The reading room|The weather station|The fish auction"
        ),
        (
            "returns|closes early|finds a new home|waits for spring|counts its friends|opens its doors|"
            "changes hands|asks for patience|learns to dance|keeps a secret|is painted green|"
            "moves upstream|turns a hundred|needs a new roof|surprises everybody|starts again"
        ),
        (
            "after a long winter|as the tide turns|for one night only|in spite of the rain|"
            "with a little help|before the first frost|to nobody's surprise|and the neighbours cheer|"
            "on a borrowed boat|by candlelight|without a single speech|for the third time"
        ),
    ),
    "de": (
        (
            "Die alte Fähre|Der Wochenmarkt|Das Stadtbad|Der letzte Leuchtturm|Die Dorfschule|"
            "Das Kulturhaus|Der Güterbahnhof|Die Volksküche|Das Heimatmuseum|Der Gesangverein|"
            "Die Schleuse|Das Freibad|Der Bücherbus|Die Sternwarte|Das Rathaus|Der Apfelgarten"
        ),
        (
            "kehrt zurück|schließt früher|findet ein neues Zuhause|wartet auf den Frühling|"
            "öffnet die Türen|wechselt den Besitzer|bittet um Geduld|wird grün gestrichen|"
            "braucht ein neues Dach|überrascht alle|zieht um|feiert Geburtstag|beginnt von vorn|"
            "behält ein Geheimnis"
        ),
        (
            "nach dem langen Winter|trotz des Regens|für eine einzige Nacht|mit etwas Hilfe|"
            "vor dem ersten Frost|und die Nachbarn jubeln|ganz ohne Reden|zum dritten Mal|"
            "bei Kerzenlicht|auf Zehenspitzen"
        ),
    ),
    "fr": (
        (
            "Le vieux moulin|La salle des fêtes|Le dernier phare|Le marché de nuit|"
            "La fanfare municipale|Le pont couvert|La bibliothèque|Le jardin partagé|"
            "La boulangerie du coin|Le bac du soir"
        ),
        (
            "rouvre ses portes|change de mains|attend le printemps|garde un secret|apprend à danser|"
            "fête ses cent ans|surprend tout le monde|cherche un toit|recommence"
        ),
        (
            "après un long hiver|malgré la pluie|pour une seule nuit|sans un seul discours|"
            "avant les premières gelées|à la lueur des bougies|pour la troisième fois|au fil de l'eau"
        ),
    ),
    "es": (
        (
            "El viejo molino|La lonja de pescado|El último faro|El mercado nocturno|La banda municipal|"
            "El puente cubierto|La biblioteca|El huerto escolar|La panadería de la esquina"
        ),
        (
            "vuelve a abrir|cambia de manos|espera la primavera|guarda un secreto|aprende a bailar|"
            "cumple cien años|sorprende a todos|busca un techo"
        ),
        (
            "tras un largo invierno|a pesar de la lluvia|por una sola noche|sin un solo discurso|"
            "antes de la primera helada|a la luz de las velas|por tercera vez"
        ),
    ),
    "papers": (
        (
            "On the settling of|A census of|Notes towards a theory of|Long-term records of|"
            "The acoustics of|Measuring|Uncertainty in|A field guide to|The economics of|Modelling"
        ),
        (
            "peat|reed beds|slow rivers|tidal pools|drained meadows|eel migration|marsh gas|river ice|"
            "beaver dams|floodplains"
        ),
        (
            "in small catchments|under steady rain|between two locks|over forty winters|"
            "without instruments|by volunteer observers|at low water"
        ),
    ),
    "pictures": (
        "Quiet|Crooked|Half-lit|Abandoned|Painted|Frozen|Windblown|Mirrored|Early|Blue|Sunken|Paper",
        ("pier|stairwell|greenhouse|ferry|chimney|orchard|lamp post|heron|swing|tunnel|window|regatta"),
        "in fog|at noon|seen from below|before the storm|with bicycle|after closing time",
    ),
    "songs": (
        "Rust|Lantern|Swallow|Harbour|Paper|Copper|Winter|Tinder|Willow|Gravel",
        "and the|under the|over the|without the|against the",
        "Tide|Snow|Chapel|Wire|Orchard|Morning|Ferry|Moon",
    ),
}
_LETTERS = {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "o", "ł": "l", "’": "", "'": "-"}


def titles(language: str) -> Iterator[str]:
    """Every title of a list, each once, neighbours unlike."""
    first, second, third = (part.split("|") for part in _PARTS[language])
    number = len(first) * len(second) * len(third)
    step = next(step for step in range(number * 618 // 1000, number) if gcd(step, number) == 1)
    for place in range(number):
        at, rest = divmod(place * step % number, len(second) * len(third))
        yield f"{first[at]} {second[rest // len(third)]} {third[rest % len(third)]}"


def slug(title: str) -> str:
    """A title as a part of an address: small letters of ASCII, digits and hyphens."""
    plain = "".join(_LETTERS.get(letter, letter) for letter in title.lower())
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def unicode_slug(title: str) -> str:
    """The same with letters left as they are, as some sites do: such an address is escaped in a log."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")
