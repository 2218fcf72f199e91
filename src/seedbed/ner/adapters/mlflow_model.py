"""Answer as an MLflow model.

src/seedbed/ner/adapters/mlflow_model.py - v0.1.0

MLflow copies this file to the model and runs it where the model is loaded; nothing here imports it.

```mermaid
classDiagram
    PythonModel <|-- EntityModel
    EntityModel ..> SpacyRecognizer : asks
```
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from seedbed.ner.adapters.spacy import SpacyRecognizer
from seedbed.ner.model_place import ModelPlace


class EntityModel(PythonModel):
    """Takes a table with a column `text` and returns the entities of each row."""

    def load_context(self, context: Any) -> None:
        """Take the model's files."""
        place = ModelPlace("seedbed-ner", "logged", Path(context.artifacts["model"]))
        self._recognizer = SpacyRecognizer(lambda: place)

    # Without hints: MLflow would take them for the schema of the model.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Return {"entities": [{"text", "label", "start", "end", "sentence"}]} for each row."""
        found = self._recognizer.recognize([str(text) for text in model_input["text"]])
        keys = ("text", "label", "start", "end", "sentence")
        return [{"entities": [{key: asdict(each)[key] for key in keys} for each in row.entities]} for row in found]


set_model(EntityModel())
