"""Invent names with Faker.

src/seedbed/ner/adapters/faker_names.py - v0.1.0

```mermaid
classDiagram
    NameMaker <|-- FakerNames
    FakerNames ..> Faker : draws from
```
"""

from collections.abc import Sequence
from typing import final

from faker import Faker

from seedbed.ner.augmentation import NameMaker

LOCALES = ("en_US", "en_GB", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "nl_NL", "sv_SE", "pt_BR", "tr_TR")
"""Languages in Latin letters: names in others would be unknown to the packaged encoder anyway."""
_DATES = ("%d %B %Y", "%B %d, %Y", "%d %b", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%B %Y", "%b %d", "the %dth", "%Y")
_MAGNITUDES = ("", "", "", "m", "bn", "k", " million", " billion", " thousand")
_SIGNS, _CODES = ("$", "€", "£", "¥"), ("EUR", "USD", "GBP", "CHF", "dollars", "euros", "pounds", "yen", "kronor")
_BODIES = (
    "University of {0}", "{0} University", "{0} City Council", "{0} Hospital", "{0} United", "Museum of {0}",
    "{0} Airways", "{1} Bank", "{1} & {2}", "{1} Group", "{1} GmbH", "{1} Foundation", "{1} Labs", "Hotel {1}",
)  # fmt: skip


@final
class FakerNames(NameMaker):
    """Knows people, bodies, places, dates and amounts; of products it knows nothing."""

    def __init__(self, seed: int) -> None:
        """Take the seed."""
        self._fakers = [Faker(locale) for locale in LOCALES]
        for number, faker in enumerate(self._fakers):
            faker.seed_instance(seed + number)
        self._faker = self._fakers[0]

    def name(self, label: str, like: str) -> str | None:
        """Return a name as long as the other: a first name for a first name, a sum for a sum."""
        faker = self._pick(self._fakers)
        match label:
            case "PERSON":
                full = f"{faker.first_name()} {faker.last_name()}"
                return full if " " in like else self._pick([faker.first_name(), faker.last_name()])
            case "ORG":
                if " " not in like:
                    return str(faker.last_name())
                body = self._pick([*_BODIES, str(faker.company())])
                return body.format(faker.city(), faker.last_name(), faker.last_name())
            case "GPE":
                return str(self._pick([faker.city(), faker.city(), self._faker.country()]))
            case "DATE" if like.isdigit():
                return str(self._faker.year())
            case "DATE" if any(letter.isdigit() for letter in like):
                return str(self._faker.date_object().strftime(self._pick(_DATES)))
            case "MONEY" if any(letter.isdigit() for letter in like):
                return self._amount()
        return None

    def _amount(self) -> str:
        number = self._faker.random_int(1, 9999)
        figures = self._pick([f"{number}", f"{number:,}", f"{number / 100:.2f}", f"{number / 1000:.1f}"])
        figures += self._pick(_MAGNITUDES)
        if self._faker.boolean():
            return f"{self._pick(_SIGNS)}{figures}"
        return f"{figures} {self._pick(_CODES)}"

    def _pick[T](self, choices: Sequence[T]) -> T:
        return choices[self._faker.random_int(0, len(choices) - 1)]
