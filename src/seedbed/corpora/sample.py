"""Take some texts out of a corpus.

src/seedbed/corpora/sample.py - v0.1.0

```mermaid
flowchart LR
    sample_contents --> Corpus & Document
```
"""

from itertools import islice

from seedbed.corpora.document import Document
from seedbed.corpora.ports import Corpus
from seedbed.errors import UserError

_READ_PER_TEXT = 20
"""So that a corpus of any size is sampled in bounded memory."""


def sample_contents(corpus: Corpus, num_texts: int) -> list[str]:
    """Return so many texts, or all there are, evenly picked from the first 20 times as many; the same ones each time.

    Raises:
        UserError: there is not one document.
    """
    contents = (record.content for record in corpus.documents() if isinstance(record, Document))
    found = list(islice(contents, num_texts * _READ_PER_TEXT))
    if not found:
        raise UserError("the corpus has no document to measure with. Next: seedbed index --plan")
    number = min(num_texts, len(found))
    return [found[position * len(found) // number] for position in range(number)]
