"""Choose the model and the engine for this machine, and say why each other one was left out.

src/seedbed/serving/plan.py - v0.1.0

Left out is what cannot run here, then what does not fit. Of the rest the engine for this hardware wins, then the
largest model.

```mermaid
flowchart LR
    make_plan --> Plan --> Candidate
    make_plan --> fit_vllm & fit_ollama & Means
    demand --> UserError & WorldError
```
"""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from seedbed.errors import UserError, WorldError
from seedbed.hardware import Hardware
from seedbed.serving.catalogue import Catalogue, LogicalModel, Profile
from seedbed.serving.config import LlmConfig
from seedbed.serving.fit import Fit, fit_ollama, fit_vllm
from seedbed.serving.machine import Means

_LOADED = "is loaded already"


class Candidate(BaseModel):
    """One model in one form, kept or left out."""

    model_config = ConfigDict(frozen=True)

    model: str
    profile: Profile
    engine: str
    engine_model: str
    parameters: int
    kept: bool
    why: str
    fit: Fit

    @property
    def label(self) -> str:
        """Name and engine, as they are shown."""
        return f"{self.model} on {'vLLM' if self.engine == 'vllm' else 'Ollama'}"


class Plan(BaseModel):
    """What would be served here."""

    model_config = ConfigDict(frozen=True)

    profile: str
    model: str | None
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    less_than_asked: str = ""
    """Why this is not all that was asked for, or that the machine has; empty when it is."""

    def reason(self) -> str:
        """Return in one sentence what was chosen and why."""
        if self.chosen is None:
            return f"nothing can be served here: {self.less_than_asked}"
        return f"{self.chosen.label}: {self.chosen.why}"


def make_plan(catalogue: Catalogue, hardware: Hardware, means: Means, config: LlmConfig) -> Plan:
    """Return the plan; that it is less than was asked for is in it, and refused by `demand`.

    Raises:
        UserError: there is no such model.
    """
    asked = catalogue.find(config.model) if config.model else None
    candidates = tuple(_candidates(catalogue, asked, hardware, means, config))
    kept = [each for each in candidates if each.kept]
    chosen = min(kept, key=lambda each: _rank(each, config), default=None)
    return Plan(
        profile=config.profile,
        model=config.model,
        candidates=candidates,
        chosen=chosen,
        less_than_asked=_shortfall(chosen, candidates, hardware, config),
    )


def demand(plan: Plan, *, strict: bool) -> Candidate:
    """Return what was chosen.

    Raises:
        WorldError: nothing fits.
        UserError: it is less than was asked for, and `strict` forbids that.
    """
    if plan.chosen is None:
        raise WorldError(f"{plan.reason()}. Free some memory, or see: seedbed serve llm --plan")
    if strict and plan.less_than_asked:
        raise UserError(
            f"{plan.less_than_asked}; it would be {plan.chosen.label}, which SEEDBED_LLM__STRICT or --strict refuses. "
            f"Example: seedbed serve llm --profile {plan.chosen.profile} --model {plan.chosen.model}"
        )
    return plan.chosen


def _candidates(
    catalogue: Catalogue, asked: LogicalModel | None, hardware: Hardware, means: Means, config: LlmConfig
) -> Iterator[Candidate]:
    profiles: tuple[Profile, ...] = ("gpu", "cpu")
    task = asked.task if asked else "chat"
    for name, model in sorted(catalogue.root.items(), key=lambda item: -item[1].architecture.parameters):
        if model.task != task:
            continue
        for profile in profiles:
            fit = _fit(name, model, profile, hardware, means)
            kept, why = fit.fits, fit.why
            if config.profile == "cpu" and profile == "gpu":
                kept, why = False, "profile cpu was asked for"
            elif asked and model.architecture.parameters > asked.architecture.parameters:
                kept, why = False, f"{config.model} was asked for"
            elif kept and fit.slow and fit.place == "ram" and name != config.model:
                size = f"{model.cpu.download / 1e9:.0f} GB"
                kept = False
                why += f", but each token reads {size} of weights from RAM; ask for it by name: --model {name}"
            variant = model.variant(profile)
            yield Candidate(
                model=name,
                profile=profile,
                engine=variant.engine,
                engine_model=variant.model,
                parameters=model.architecture.parameters,
                kept=kept,
                why=why,
                fit=fit,
            )


def _fit(name: str, model: LogicalModel, profile: Profile, hardware: Hardware, means: Means) -> Fit:
    variant = model.variant(profile)
    loaded = variant.engine in means.serving and bool({variant.model, name, f"{name}:latest"} & set(means.loaded))
    if profile == "cpu":
        fit = fit_ollama(model, hardware, reaches_gpu=means.ollama_reaches_gpu())
        return fit.model_copy(update={"fits": True, "why": _LOADED}) if loaded else fit
    if loaded:
        return Fit(fits=True, place="gpu", why=_LOADED)
    if not hardware.gpus:
        return Fit(fits=False, place="gpu", why=hardware.no_gpu_reason or "no NVIDIA GPU")
    fit = fit_vllm(model, hardware.gpus)
    missing = means.why_no_vllm()
    return fit.model_copy(update={"fits": False, "why": missing}) if missing and fit.fits else fit


def _rank(candidate: Candidate, config: LlmConfig) -> tuple[bool, bool, bool, int]:
    other_profile = config.profile != "auto" and candidate.profile != config.profile
    other_model = config.model is not None and candidate.model != config.model
    return other_profile, other_model, candidate.profile == "cpu", -candidate.parameters


def _shortfall(
    chosen: Candidate | None, candidates: tuple[Candidate, ...], hardware: Hardware, config: LlmConfig
) -> str:
    """Say what was hoped for and not had; "" when nothing was."""
    smallest = candidates[-2:]
    if chosen is None:
        return "; ".join(f"{each.label}: {each.why}" for each in smallest) or "the catalogue has no such model"
    wanted = [each for each in candidates if each.model == config.model] or smallest
    on_gpu, on_cpu = wanted
    if config.profile == "gpu" and chosen.profile == "cpu":
        return f"profile gpu was asked for: {smallest[0].label}: {smallest[0].why}"
    if config.model and chosen.model != config.model:
        hoped = on_cpu if chosen.profile == "cpu" else on_gpu
        return f"{config.model} was asked for: {hoped.label}: {hoped.why}"
    if config.profile == "auto" and hardware.gpus and chosen.fit.place == "ram":
        return f"the GPU is not used: {on_gpu.label}: {on_gpu.why}"
    return ""
