"""Score a NER model on annotated texts.

pipelines/experiments/ner_evaluate.py - v0.1.0

```mermaid
flowchart LR
    ner_evaluate --> evaluate & write_report & metrics_of
    ner_evaluate --> finder --> Run
    ner_evaluate --> NerEvaluateConfig
```
"""

from dataclasses import replace

from seedbed.ner.corpus import read_samples
from seedbed.ner.sample import labels_of, samples_digest
from seedbed.recognition.corpus_config import NerEvaluateConfig
from seedbed.recognition.evaluate import Evaluation, evaluate, metrics_of
from seedbed.recognition.report import write_report
from seedbed.tracking.run import Run
from seedbed.wiring_ner import finder


def ner_evaluate(config: NerEvaluateConfig, run: Run) -> dict[str, float]:
    """Score any spaCy model on marked, CoNLL or JSONL texts, entity by entity as the CoNLL scorer does."""
    samples = read_samples(config.corpus.path, config.corpus.format)
    run.use_data("corpus", samples_digest(samples), source=str(config.corpus.path))
    find, identity = finder(config.ner, run)
    run.set_tags({"seedbed.model": f"{identity.name} {identity.version}", "seedbed.model_digest": identity.digest})
    evaluation = evaluate(find, samples)
    if config.only_shared_labels:
        evaluation = _only(evaluation, set(labels_of(samples)) & set(identity.labels))
    run.record_result("found", evaluation.digest)
    write_report(evaluation, run.artifacts)
    return metrics_of(evaluation) | {"num_texts": float(len(samples))}


def _only(evaluation: Evaluation, labels: set[str]) -> Evaluation:
    samples = [
        replace(each, spans=tuple(span for span in each.spans if span.label in labels)) for each in evaluation.samples
    ]
    found = [tuple(span for span in spans if span.label in labels) for spans in evaluation.found]
    return Evaluation(tuple(samples), tuple(found))
