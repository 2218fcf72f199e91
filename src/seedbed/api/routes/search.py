"""Search the index over HTTP.

src/seedbed/api/routes/search.py - v0.1.0

```mermaid
sequenceDiagram
    search ->> desk : SearchRequest
    desk ->> found_chunk : hits
    found_chunk ->> SearchAnswer : hits
```
"""

from fastapi import APIRouter, Security

from seedbed.api.auth import authorized
from seedbed.api.problems import problems
from seedbed.api.routes.health import Held
from seedbed.api.schemas.search import SearchAnswer, SearchRequest, found_chunk

router = APIRouter(
    prefix="/v1",
    tags=["search"],
    dependencies=[Security(authorized, scopes=["search"])],
    responses=problems(401, 403, 404, 429),
)


@router.post("/search")
async def search(services: Held, asked: SearchRequest) -> SearchAnswer:
    """Return the chunks whose meaning is nearest to the query."""
    index, hits = await services.desk.search(asked.index, asked.query, asked.k, asked.document_id)
    return SearchAnswer(index=index, hits=[found_chunk(hit) for hit in hits])
