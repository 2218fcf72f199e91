"""Say what each tag of a run means.

tools/run_tags.py - v0.1.0

Written by hand, since tags are set all over the code; a test finds the ones that are not here. `*` ends a family.

```mermaid
flowchart LR
    TAGS
```
"""

TAGS = {
    "seedbed.artifacts": "paths of artefacts whose digest is watched, one a line",
    "seedbed.artifacts_digest": "digest of their names and contents",
    "seedbed.begun_as": "the run whose checkpoints this one took",
    "seedbed.behaviour_below_threshold": "capabilities of a NER model that are below their threshold, or none",
    "seedbed.best_by": "the metric that a search was for",
    "seedbed.best_run": "the best run of a search",
    "seedbed.collection": "the physical collection that was written",
    "seedbed.command": "the command that made the run",
    "seedbed.config_digest": "digest of the whole configuration, secrets masked",
    "seedbed.data.*": "digest of a data set by its name",
    "seedbed.data_content.*": "digest of the bytes at its source",
    "seedbed.data_digest": "one digest over all data sets",
    "seedbed.data_dvc.*": "MD5 under which DVC keeps it",
    "seedbed.data_source.*": "where it came from",
    "seedbed.deterministic": "true: equal runs have equal bits",
    "seedbed.encoder": "backend and precision that `auto` became",
    "seedbed.entry": "how the process was started: script, module, console script, notebook …",
    "seedbed.error": "why it failed, in one line",
    "seedbed.git.branch": "branch that was checked out",
    "seedbed.git.commit": "commit of the code",
    "seedbed.git.diff_digest": "digest of what was not committed; the artefact diff.patch holds it",
    "seedbed.git.diff_refused": "why that was not kept: a secret in it, or too long",
    "seedbed.git.dirty": "true: there was something that was not committed",
    "seedbed.git.problem": "why git could not be asked",
    "seedbed.git.remote": "address of the repository, credentials removed",
    "seedbed.group": "how the runs below this one came: seeds, grid or optuna",
    "seedbed.group_seeds": "their seeds",
    "seedbed.hardware_class": "processor, instruction sets and accelerators: what results depend on",
    "seedbed.index": "name of the index that was written",
    "seedbed.llm.*": "language model that was evaluated: name, backend, digest, digest of its description",
    "seedbed.lock_digest": "digest of uv.lock beside the code",
    "seedbed.metrics_left_out": "metrics that the labels do not allow",
    "seedbed.model": "name and version of the NER model that was measured",
    "seedbed.model.*": "digest of a model by its name",
    "seedbed.model_content.*": "digest of the bytes at its source",
    "seedbed.model_digest": "digest of the NER model that was trained or measured",
    "seedbed.model_source.*": "where it came from",
    "seedbed.notebook.*": "path, digest and order of the cells of a notebook, or why they are not known",
    "seedbed.packages_digest": "digest of names and versions of everything that was installed",
    "seedbed.platform": "operating system",
    "seedbed.plugin.*": "corpus, encoder or store that is not built in: name, class, package, version, commit",
    "seedbed.promoted": "true: the NER model became the champion",
    "seedbed.promotion": "why, or why not",
    "seedbed.python": "version of Python",
    "seedbed.recipe": "name or place of the experiment: what `seedbed reproduce` calls",
    "seedbed.reproduced_by": "the run that made this one again",
    "seedbed.reproduces": "the run that this one makes again",
    "seedbed.reproduction": "what came of making it again",
    "seedbed.result.*": "digest of a detailed result by its name",
    "seedbed.results_digest": "one digest over the last value of every metric and all detailed results",
    "seedbed.resumes": "the run that was cut off, which this one goes on with",
    "seedbed.resumes_commit": "its commit",
    "seedbed.resumes_diff_digest": "digest of what was not committed then",
    "seedbed.seed": "the root seed",
    "seedbed.summary": "what the experiment says about itself",
    "seedbed.training.*": "what `auto` became in a training",
    "seedbed.verdict": "whether making another run again gave the same results",
    "seedbed.wandb.url": "its page at Weights & Biases",
}
