"""Embed texts over HTTP.

src/seedbed/api/routes/embeddings.py - v0.1.0

```mermaid
sequenceDiagram
    embed ->> desk : EmbeddingsRequest
    desk ->> EmbeddingsAnswer : vectors
```
"""

import base64

from fastapi import APIRouter, Security
from starlette.exceptions import HTTPException

from seedbed.api.auth import authorized
from seedbed.api.problems import problems
from seedbed.api.routes.health import Held
from seedbed.api.schemas.embeddings import Embedding, EmbeddingsAnswer, EmbeddingsRequest

router = APIRouter(
    prefix="/v1",
    tags=["search"],
    dependencies=[Security(authorized, scopes=["search"])],
    responses=problems(401, 403, 404, 429),
)


@router.post("/embeddings")
async def embed(services: Held, asked: EmbeddingsRequest) -> EmbeddingsAnswer:
    """Return one vector per text, the one that an index made with these settings has for it."""
    config = services.settings.embedding
    if asked.model not in (None, config.model):
        raise HTTPException(404, f"model {asked.model!r} is not served; it is {config.model!r}")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    prompt = config.query_prompt if asked.input_type == "query" else config.document_prompt
    found = await services.desk.embed(texts, prompt)
    if asked.dimensions not in (None, found.vectors.shape[1]):
        raise HTTPException(
            404, f"no model of {asked.dimensions} dimensions is served; it has {found.vectors.shape[1]}"
        )
    as_text = asked.encoding_format == "base64"
    data = [
        Embedding(
            index=position,
            embedding=base64.b64encode(row.astype("<f4").tobytes()).decode() if as_text else row.tolist(),
            truncated=bool(found.truncated[position]),
        )
        for position, row in enumerate(found.vectors)
    ]
    num_tokens = int(found.num_tokens.sum())
    return EmbeddingsAnswer(
        data=data, model=config.model, usage={"prompt_tokens": num_tokens, "total_tokens": num_tokens}
    )
