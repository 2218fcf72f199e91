"""Remember what the store has been given.

src/seedbed/indexing/ledger.py - v0.1.0

A point is written here as on its way before the store gets it and as stored after the store has confirmed it, so that a
crash at any moment leaves either a point that the next run sends again or one that it knows to delete.

```mermaid
flowchart LR
    expect -- store has it --> confirm
    confirm -- changed --> expect
    confirm -- store lost it --> doubt --> expect
    confirm -- gone --> forget
```
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import batched
from pathlib import Path
from typing import Any, Self, final

from pydantic import SecretStr
from sqlalchemy import delete, func, insert, literal, select, update

from seedbed.errors import UserError
from seedbed.indexing.chunks import Chunk
from seedbed.indexing.database import Database, upsert_on
from seedbed.indexing.schema import aliases, collections, documents, met, points, rates, seen, vectors
from seedbed.missing import MissingError

_MANY = 5_000
"""Ids in one IN list: below every limit of SQLite's and PostgreSQL's."""


@final
class Ledger:
    """The one truth about what is indexed, in SQLite or PostgreSQL: one committing process per collection."""

    def __init__(self, place: Path | SecretStr, *, create: bool = True, timeout_s: float = 60.0) -> None:
        """Open a file, or the database of a server whose address holds its password.

        Without `create`, one that is not there reads as empty and comes into being nowhere. `timeout_s` is the longest
        wait for another process that writes.
        """
        self._database = Database(place, create=create, timeout_s=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def owned(self, name: str) -> AbstractContextManager[None]:
        """Let no other process that uses this ledger write to an index meanwhile.

        Raises:
            WorldError: another process does; the error names it.
        """
        return self._database.owned(name)

    def register(self, collection: str, alias: str, encoder: str, config: Mapping[str, Any]) -> None:
        """Note a physical collection; one that is noted already stays as it is."""
        row = {"name": collection, "alias": alias, "encoder": encoder, "config": json.dumps(config, sort_keys=True)}
        self._database.upsert(collections, [row | {"data_digest": ""}], replace=False)

    def config(self, collection: str) -> dict[str, Any]:
        """Return what a collection was registered with."""
        query = select(collections.c.config).where(collections.c.name == collection)
        return dict(json.loads(self._database.read(query).scalar_one()))

    def stored(self, collection: str, point_ids: Sequence[str]) -> dict[str, str]:
        """Return point id → content digest of those points that the store has confirmed."""
        known = self.known(collection, point_ids)
        return {point_id: digest for point_id, (digest, stored) in known.items() if stored}

    def known(self, collection: str, point_ids: Sequence[str]) -> dict[str, tuple[str, bool]]:
        """Return point id → (content digest, whether the store has confirmed it) of those points that are noted."""
        found: dict[str, tuple[str, bool]] = {}
        for ids in batched(point_ids, _MANY):
            query = select(points.c.point_id, points.c.content_digest, points.c.stored).where(
                points.c.collection == collection, points.c.point_id.in_(ids)
            )
            found.update((row.point_id, (row.content_digest, row.stored)) for row in self._database.read(query))
        return found

    def expect(self, collection: str, chunks: Iterable[Chunk]) -> None:
        """Note points as on their way, before the store gets them."""
        rows = [
            {
                "collection": collection,
                "point_id": chunk.point_id,
                "document_id": chunk.document_id,
                "content_digest": chunk.content_digest,
                "vector_key": chunk.vector_key,
                "stored": False,
            }
            for chunk in chunks
        ]
        with self._database.transaction() as connection:
            for some in batched({row["document_id"] for row in rows}, _MANY):
                connection.execute(
                    delete(documents).where(documents.c.collection == collection, documents.c.document_id.in_(some))
                )
            if rows:
                upsert_on(connection, points, rows)

    def confirm(self, collection: str, point_ids: Sequence[str]) -> None:
        """Note points as stored, after the store has shown that it has them."""
        self._mark(collection, point_ids, stored=True)

    def doubt(self, collection: str, point_ids: Sequence[str] | None = None) -> None:
        """Trust a collection, or some points of it, no longer: they are on their way again."""
        if point_ids is not None:
            return self._mark(collection, point_ids, stored=False)
        with self._database.transaction() as connection:
            connection.execute(update(points).where(points.c.collection == collection).values(stored=False))

    def forget(self, collection: str, point_ids: Sequence[str]) -> None:
        """Remove points, after they have left the store."""
        with self._database.transaction() as connection:
            for ids in batched(point_ids, _MANY):
                gone = (points.c.collection == collection) & points.c.point_id.in_(ids)
                changed = select(points.c.document_id).where(gone)
                connection.execute(
                    delete(documents).where(documents.c.collection == collection, documents.c.document_id.in_(changed))
                )
                connection.execute(delete(points).where(gone))

    def count(self, collection: str) -> tuple[int, int, int]:
        """Return how many documents and chunks are confirmed, and how many of the chunks were truncated."""
        confirmed = (points.c.collection == collection) & points.c.stored
        query = select(func.count(points.c.document_id.distinct()), func.count()).where(confirmed)
        documents, chunks = self._database.read(query).one()
        cut = select(func.count()).select_from(points.join(vectors, points.c.vector_key == vectors.c.vector_key))
        return documents, chunks, self._database.read(cut.where(confirmed, vectors.c.truncated)).scalar_one()

    def num_documents(self, collection: str) -> int:
        """Return how many documents have a point, confirmed or on its way."""
        query = select(func.count(points.c.document_id.distinct())).where(points.c.collection == collection)
        return int(self._database.read(query).scalar_one())

    def confirmed(self, collection: str) -> list[tuple[str, str, str]]:
        """Return (point id, document id, vector key) of every confirmed point, ordered by point id."""
        query = (
            select(points.c.point_id, points.c.document_id, points.c.vector_key)
            .where(points.c.collection == collection, points.c.stored)
            .order_by(points.c.point_id)
        )
        return [(row.point_id, row.document_id, row.vector_key) for row in self._database.read(query)]

    def begin_pass(self) -> None:
        """Start to note what the corpus or the store has; nothing of an earlier pass is left."""
        with self._database.transaction() as connection:
            connection.execute(delete(seen))
            connection.execute(delete(met))

    def meet(self, collection: str, digests: Mapping[str, str]) -> dict[str, int]:
        """Note documents (id → digest of their content) as met.

        Return those that the store has whole and with this content, with the number of their points, which count as
        seen: they need not be cut.
        """
        whole = self._whole(collection, digests) if self._remembers_documents else {}
        rest = [{"document_id": name, "digest": digest} for name, digest in digests.items() if name not in whole]
        with self._database.transaction() as connection:
            for some in batched(whole, _MANY):
                known = select(points.c.point_id).where(
                    points.c.collection == collection, points.c.document_id.in_(some)
                )
                connection.execute(insert(seen).from_select(["point_id"], known))
            if rest:
                upsert_on(connection, met, rest)
        return whole

    def settle(self, collection: str, failed: Iterable[str]) -> None:
        """Remember the content of the documents met in this pass, but for `failed`: all of their points are stored."""
        # Not correlated: SQLite would look through the whole collection for every document.
        here = select(points.c.document_id).where(points.c.collection == collection)
        whole = select(literal(collection), met.c.document_id, met.c.digest).where(
            met.c.document_id.in_(here), met.c.document_id.not_in(here.where(points.c.stored.is_(False)))
        )
        with self._database.transaction() as connection:
            for some in batched(failed, _MANY):
                connection.execute(delete(met).where(met.c.document_id.in_(some)))
            connection.execute(
                delete(documents).where(
                    documents.c.collection == collection, documents.c.document_id.in_(select(met.c.document_id))
                )
            )
            connection.execute(insert(documents).from_select(["collection", "document_id", "digest"], whole))

    def see(self, point_ids: Iterable[str]) -> None:
        """Note that these points were met."""
        rows = [{"point_id": point_id} for point_id in point_ids]
        self._database.upsert(seen, rows, replace=False)

    def stale(self, collection: str, keep_documents: Iterable[str]) -> dict[str, list[str]]:
        """Return document id → its points that the corpus no longer has, those of `keep_documents` left out."""
        query = (
            select(points.c.document_id, points.c.point_id)
            .outerjoin(seen, points.c.point_id == seen.c.point_id)
            .where(points.c.collection == collection, seen.c.point_id.is_(None))
            .order_by(points.c.document_id, points.c.point_id)
        )
        keep = set(keep_documents)
        gone: dict[str, list[str]] = {}
        for document_id, point_id in self._database.read(query):
            if document_id not in keep:
                gone.setdefault(document_id, []).append(point_id)
        return gone

    def vanished(self, collection: str, documents: Sequence[str]) -> set[str]:
        """Return which of the documents would have no point left if their stale points went."""
        left: set[str] = set()
        for ids in batched(documents, _MANY):
            query = (
                select(points.c.document_id.distinct())
                .join(seen, points.c.point_id == seen.c.point_id)
                .where(points.c.collection == collection, points.c.document_id.in_(ids))
            )
            left.update(self._database.read(query).scalars())
        return set(documents) - left

    def doubt_without_vector(self, collection: str) -> None:
        """Put points on their way again whose vector is no longer on disk, so that their texts are embedded anew."""
        kept = select(vectors.c.vector_key)
        with self._database.transaction() as connection:
            connection.execute(
                update(points)
                .where(points.c.collection == collection, points.c.vector_key.not_in(kept))
                .values(stored=False)
            )

    def missing(self, collection: str) -> dict[str, str]:
        """Return point id → content digest of the confirmed points that this pass has not met."""
        query = (
            select(points.c.point_id, points.c.content_digest)
            .outerjoin(seen, points.c.point_id == seen.c.point_id)
            .where(points.c.collection == collection, points.c.stored, seen.c.point_id.is_(None))
        )
        return {row.point_id: row.content_digest for row in self._database.read(query)}

    def vectors(self, keys: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Return vector key → (file, row) of the vectors that exist."""
        found: dict[str, tuple[str, int]] = {}
        for some in batched(keys, _MANY):
            query = select(vectors.c.vector_key, vectors.c.file, vectors.c.row).where(vectors.c.vector_key.in_(some))
            found.update((row.vector_key, (row.file, row.row)) for row in self._database.read(query))
        return found

    def add_vectors(self, file: str, keys: Sequence[str], truncated: Sequence[bool]) -> None:
        """Note the rows of a Parquet file that is complete on disk."""
        rows = [
            {"vector_key": key, "file": file, "row": row, "truncated": cut}
            for row, (key, cut) in enumerate(zip(keys, truncated, strict=True))
        ]
        self._database.upsert(vectors, rows)

    def drop_vectors(self, file: str) -> None:
        """Forget the rows of a Parquet file that is gone or damaged: its texts are embedded again."""
        with self._database.transaction() as connection:
            connection.execute(delete(vectors).where(vectors.c.file == file))

    def point(self, alias: str, collection: str, data_digest: str) -> None:
        """Let searches for `alias` see this collection from now on, in one transaction."""
        with self._database.transaction() as connection:
            newest = connection.execute(select(func.coalesce(func.max(aliases.c.sequence), 0))).scalar_one()
            before = connection.execute(
                select(aliases.c.collection, aliases.c.previous).where(aliases.c.alias == alias)
            ).first()
            previous = None
            if before is not None:
                previous = before.previous if before.collection == collection else before.collection
            row = {"alias": alias, "collection": collection, "previous": previous, "sequence": newest + 1}
            upsert_on(connection, aliases, [row])
            connection.execute(
                update(collections).where(collections.c.name == collection).values(data_digest=data_digest)
            )

    def target(self, alias: str) -> tuple[str | None, str | None]:
        """Return the collection that searches for `alias` see, and the one they saw before."""
        query = select(aliases.c.collection, aliases.c.previous).where(aliases.c.alias == alias)
        row = self._database.read(query).first()
        return (row.collection, row.previous) if row else (None, None)

    def swap(self, alias: str) -> None:
        """Let searches for `alias` see the collection that they saw before, in one transaction."""
        newest = select(func.max(aliases.c.sequence) + 1).scalar_subquery()
        values = {"collection": aliases.c.previous, "previous": aliases.c.collection, "sequence": newest}
        with self._database.transaction() as connection:
            connection.execute(
                update(aliases).where(aliases.c.alias == alias, aliases.c.previous.is_not(None)).values(values)
            )

    def superseded(self) -> list[tuple[str, str]]:
        """Return (collection, alias) of those that searches neither see nor would go back to."""
        used = select(aliases.c.collection).union(select(aliases.c.previous).where(aliases.c.previous.is_not(None)))
        query = select(collections.c.name, collections.c.alias).where(collections.c.name.not_in(used))
        return [(row.name, row.alias) for row in self._database.read(query.order_by(collections.c.name))]

    def files_of_only(self, collection: str) -> list[str]:
        """Return the vector files that hold texts of this collection and of no other."""
        own = select(points.c.vector_key).where(points.c.collection == collection)
        others = select(points.c.vector_key).where(points.c.collection != collection)
        shared = select(vectors.c.file).where(vectors.c.vector_key.in_(others))
        query = select(vectors.c.file).distinct().where(vectors.c.vector_key.in_(own), vectors.c.file.not_in(shared))
        return sorted(self._database.read(query).scalars())

    def drop(self, collection: str) -> None:
        """Forget a collection and its points; its vectors stay until their files are dropped."""
        with self._database.transaction() as connection:
            for table in (points, documents):
                connection.execute(delete(table).where(table.c.collection == collection))
            connection.execute(delete(collections).where(collections.c.name == collection))

    def rate(self, encoder: str) -> float | None:
        """Return the characters per second that an encoder last made vectors of, if it was ever measured."""
        if not self._database.has("rates"):  # an older ledger that this process must not write to
            return None
        found: float | None = self._database.read(
            select(rates.c.characters_per_s).where(rates.c.encoder == encoder)
        ).scalar()
        return found

    def note_rate(self, encoder: str, characters_per_s: float) -> None:
        """Keep how fast an encoder is."""
        self._database.upsert(rates, [{"encoder": encoder, "characters_per_s": characters_per_s}])

    def resolve(self, alias: str | None) -> tuple[str, str]:
        """Return (alias, collection) of an index; the newest one when no name is given.

        Raises:
            UserError: there is no index of that name; MissingError: there is none at all.
        """
        rows = self._database.read(
            select(aliases.c.alias, aliases.c.collection).order_by(aliases.c.sequence.desc())
        ).all()
        known = {row.alias: row.collection for row in rows}
        if not known:
            raise MissingError("nothing has been indexed yet. Next: seedbed index --corpus-kind docstrings")
        name = alias or next(iter(known))
        if name not in known:
            raise UserError(
                f"index {name!r} is unknown; choose one of {sorted(known)}. Example: --collection {rows[0].alias}"
            )
        return name, known[name]

    def _whole(self, collection: str, digests: Mapping[str, str]) -> dict[str, int]:
        whole: dict[str, int] = {}
        for some in batched(digests, _MANY):
            noted = select(documents.c.document_id, documents.c.digest).where(
                documents.c.collection == collection, documents.c.document_id.in_(some)
            )
            same = [name for name, digest in self._database.read(noted) if digest == digests[name]]
            in_doubt = func.count().filter(points.c.stored.is_(False))
            there = (
                select(points.c.document_id, func.count(), in_doubt)
                .where(points.c.collection == collection, points.c.document_id.in_(same))
                .group_by(points.c.document_id)
            )
            whole.update((name, number) for name, number, doubted in self._database.read(there) if not doubted)
        return whole

    @cached_property
    def _remembers_documents(self) -> bool:
        return self._database.has("documents")  # an older ledger that this process must not write to has none

    def _mark(self, collection: str, point_ids: Sequence[str], *, stored: bool) -> None:
        with self._database.transaction() as connection:
            for ids in batched(point_ids, _MANY):
                connection.execute(
                    update(points)
                    .where(points.c.collection == collection, points.c.point_id.in_(ids))
                    .values(stored=stored)
                )
