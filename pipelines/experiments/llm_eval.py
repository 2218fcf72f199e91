"""Evaluate a language model that is served, with lm-eval, through the gateway.

pipelines/experiments/llm_eval.py - v0.1.0

Tasks that need the probability of a prompt are refused where the server has none: they would fail, or score by chance.

```mermaid
flowchart LR
    llm_eval --> served --> Chat
    llm_eval --> loaded_tasks & language_model & UserError
```
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pipelines import llm_tasks
from seedbed.api.tokens import mint
from seedbed.digests import digest_json, digest_of
from seedbed.errors import UserError, not_installed
from seedbed.serving.config import Backend
from seedbed.settings import load_settings
from seedbed.tracking.run import Run
from seedbed.wiring import Chat, open_chat

logger = logging.getLogger(__name__)

LOCAL = Path(llm_tasks.__file__).parent
_TOKEN_S = 24 * 3600
_SCORING = frozenset({"loglikelihood", "loglikelihood_rolling", "multiple_choice"})


class LlmEvalConfig(BaseModel):
    """Which tasks, asked of whom, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasks: str = Field("seedbed_arithmetic", description="tasks of lm-eval, commas between; seedbed_* need no network")
    model: str | None = Field(None, description="model; default: that of the settings, or the first that is served")
    url: str = Field("http://127.0.0.1:8000", description="address of the gateway: `seedbed serve api`")
    backend: str | None = Field(None, description="one of SEEDBED_LLM__BACKENDS, asked directly and not by the gateway")
    limit: int | None = Field(None, ge=1, description="questions of each task; default: all")
    num_fewshot: int | None = Field(None, ge=0, le=100, description="solved examples; default: what the task says")
    num_concurrent: int = Field(4, ge=1, le=256, description="questions at a time")
    tokenizer: str | None = Field(None, description="folder or name, for tasks that need the probability of a prompt")


def llm_eval(config: LlmEvalConfig, run: Run) -> dict[str, float]:
    """Ask a served language model the questions of the tasks and score its answers."""
    names = [name for name in (part.strip() for part in config.tasks.split(",")) if name]
    tasks = loaded_tasks(names)
    with served(config) as (backend, chat):
        scoring = [task.config.task for task in tasks if task.OUTPUT_TYPE in _SCORING]
        if scoring:
            _refuse_scoring(scoring, config, chat)
        _describe(run, config, chat, tasks)
        found = _evaluated(
            language_model(backend, chat.model.name, config, run, scores=bool(scoring)), tasks, config, run
        )
    _keep(found, run)
    return metrics_of(found["results"])


def loaded_tasks(names: Sequence[str]) -> list[Any]:
    """Return the tasks of these names: our own without a look at lm-eval's thousands.

    Raises:
        UserError: lm-eval is not installed, or a name is unknown.
    """
    try:
        from lm_eval.tasks import TaskManager
    except ImportError as missing:
        raise not_installed("llm_eval", "lm-eval", "eval") from missing
    own = sorted(file.stem for file in LOCAL.glob("*.yaml"))
    example = f"--set tasks={own[0]}"
    if not names:
        raise UserError(f"no task is named; choose some of {own}, or of `lm-eval ls tasks`. Example: {example}")
    manager = TaskManager(include_path=str(LOCAL), include_defaults=not set(names) <= set(own))
    if unknown := sorted(set(names) - set(manager.all_tasks)):
        here = f"{own} are here, `lm-eval ls tasks` lists more"
        raise UserError(f"tasks {unknown} are unknown; {here}. Example: {example}")
    return list(manager.load(list(names))["tasks"].values())


@contextmanager
def served(config: LlmEvalConfig) -> Iterator[tuple[Backend, Chat]]:
    """Yield who is asked, with the model that is there: the gateway, with a token of ours, or a backend."""
    settings = load_settings()
    if config.backend is None:
        token = SecretStr(mint(settings, "llm-eval", ["llm"], _TOKEN_S))
        gateway = Backend(name="gateway", url=config.url, api_key=token)
        backends: tuple[Backend, ...] = (gateway,)
    else:
        backends = settings.llm.backends
    asked = settings.model_copy(update={"llm": settings.llm.model_copy(update={"backends": backends})})
    with open_chat(asked, config.model, config.backend) as chat:
        yield next(each for each in backends if each.name == chat.backend), chat


def language_model(backend: Backend, model: str, config: LlmEvalConfig, run: Run, *, scores: bool) -> Any:
    """Return what lm-eval asks; every request carries the id of the run."""
    from lm_eval.models.openai_completions import LocalChatCompletion, LocalCompletionsAPI

    key = {"Authorization": f"Bearer {backend.api_key.get_secret_value()}"} if backend.api_key else {}
    common = {
        "model": model,
        "header": {"X-Request-ID": run.run_id} | key,
        "num_concurrent": config.num_concurrent,
        "seed": run.seed % 2**31,
    }
    if scores:
        path = f"{backend.url}/v1/completions"
        return LocalCompletionsAPI(base_url=path, tokenizer=config.tokenizer, tokenizer_backend="huggingface", **common)
    return LocalChatCompletion(base_url=f"{backend.url}/v1/chat/completions", **common)


def metrics_of(results: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return lm-eval's results as metrics, `task.metric` or `task.metric.filter`.

    >>> metrics_of({"sums": {"alias": "sums", "acc,none": 0.5, "em,strict": 0.25, "em_stderr,strict": "N/A"}})
    {'sums.acc': 0.5, 'sums.em.strict': 0.25}
    """
    return {
        f"{task}.{name.removesuffix(',none').replace(',', '.').replace('sample_len', 'num_questions')}": float(value)
        for task, found in results.items()
        for name, value in found.items()
        if isinstance(value, int | float)
    }


def _refuse_scoring(scoring: Sequence[str], config: LlmEvalConfig, chat: Chat) -> None:
    if not chat.server.can_score_prompts(chat.model.name):
        raise UserError(
            f"tasks {sorted(scoring)} need the log-probabilities of a prompt, which the server of {chat.model.name!r} "
            "does not give (llama.cpp and Ollama do not, vLLM does); choose tasks that generate. "
            "Example: --set tasks=seedbed_arithmetic"
        )
    if config.tokenizer is None:
        raise UserError(
            f"tasks {sorted(scoring)} need the tokenizer of {chat.model.name!r}: its folder, or its name on the hub. "
            "Example: --set tokenizer=path/to/model"
        )


def _describe(run: Run, config: LlmEvalConfig, chat: Chat, tasks: Sequence[Any]) -> None:
    """Record what was evaluated: the digest of the weights where the server tells, else of what it tells."""
    model = {"name": chat.model.name, "digest": chat.model.digest, "details": chat.model.details}
    run.set_tags(
        {
            "seedbed.llm.model": chat.model.name,
            "seedbed.llm.asked": chat.backend,
            "seedbed.llm.digest": chat.model.digest or "not told by the server",
            "seedbed.llm.description_digest": digest_json(model),
        }
    )
    (run.artifacts / "served_model.json").write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")
    for task in tasks:
        documents = [json.dumps(document, sort_keys=True, default=str) for document in task.eval_docs]
        run.use_data(str(task.config.task), digest_of(*documents[: config.limit]), source="lm-eval task")


def _evaluated(model: Any, tasks: Sequence[Any], config: LlmEvalConfig, run: Run) -> Mapping[str, Any]:
    from lm_eval.evaluator import simple_evaluate

    seed = run.seed % 2**32
    found: Mapping[str, Any] = simple_evaluate(
        model=model,
        tasks=list(tasks),
        num_fewshot=config.num_fewshot,
        limit=config.limit,
        bootstrap_iters=0,
        apply_chat_template=type(model).__name__ == "LocalChatCompletion",
        random_seed=seed,
        numpy_random_seed=seed,
        torch_random_seed=seed,
        fewshot_random_seed=seed,
    )
    return found


def _keep(found: Mapping[str, Any], run: Run) -> None:
    """Write every question with its answer; their digest counts in the digest of the results."""
    rows = [
        {"task": task, "doc_id": each["doc_id"], "target": each["target"], "answers": each["resps"]}
        for task, samples in sorted(found["samples"].items())
        for each in samples
    ]
    lines = [json.dumps(row, sort_keys=True, default=str) for row in rows]
    run.record_result("answers", digest_of(*lines))
    (run.artifacts / "answers.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    logger.info("llm_evaluated", extra={"num_answers": len(lines)})
