"""Stand in for a Qdrant server on its gRPC port.

tests/qdrant_server.py - v0.1.0

It is not Qdrant: qdrant-client's own service definitions in front of its local mode. It shows that requests and answers
have the right shapes and order on a real wire, and nothing about Qdrant's speed, memory, disk or recall.
"""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, final

import grpc  # type: ignore[import-untyped]
from qdrant_client import QdrantClient
from qdrant_client import grpc as wire
from qdrant_client import models as q
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc
from qdrant_client.grpc import collections_service_pb2_grpc, points_service_pb2_grpc

GRPC_PORT = 6334


@final
class StandIn(grpc.ServerInterceptor):  # type: ignore[misc]
    """One database that outlives its server, every request it got, and what it is told to do wrong."""

    def __init__(self) -> None:
        # The client's gRPC port is fixed, so that each stand-in has a loopback address of its own.
        self.host = "127." + ".".join(str(random.SystemRandom().randint(1, 254)) for _ in range(3))
        self.url = f"http://{self.host}:6333"
        self.database = QdrantClient(":memory:")
        self.thresholds: dict[str, int] = {}
        self.indexed: dict[str, dict[str, q.PayloadSchemaType]] = {}
        self.requests: list[tuple[str, Any]] = []
        self.refused: dict[str, grpc.StatusCode] = {}
        """Methods that are answered with an error."""
        self.statuses: list[q.CollectionStatus] = []
        """What the next questions for a collection are told once its index is built in the background."""
        self.optimizer_error: str | None = None
        self._server: Any = None

    def start(self) -> None:
        """Serve on the address, with what the database holds."""
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 64 << 20)]
        self._server = grpc.server(ThreadPoolExecutor(1), interceptors=[self], options=options)
        collections_service_pb2_grpc.add_CollectionsServicer_to_server(CollectionCalls(self), self._server)
        points_service_pb2_grpc.add_PointsServicer_to_server(PointCalls(self), self._server)
        if self._server.add_insecure_port(f"{self.host}:{GRPC_PORT}") != GRPC_PORT:
            raise RuntimeError(f"{self.host}:{GRPC_PORT} is taken")
        self._server.start()

    def die(self) -> None:
        """Stop at once; requests on their way fail."""
        self._server.stop(None).wait()

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Note each request, and refuse those that are to be refused."""
        handler = continuation(details)
        method = details.method.rpartition("/")[2]

        def answer(request: Any, context: Any) -> Any:
            self.requests.append((method, request))
            if method in self.refused:
                context.abort(self.refused[method], "told to refuse")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)

    def methods(self) -> Counter[str]:
        """Return how often each method was called."""
        return Counter(method for method, _ in self.requests)

    def of(self, method: str) -> list[Any]:
        """Return the requests to one method."""
        return [request for name, request in self.requests if name == method]


@final
class CollectionCalls(collections_service_pb2_grpc.CollectionsServicer):
    """The calls about collections that the adapter makes; all others are refused as not implemented."""

    def __init__(self, told: StandIn) -> None:
        self._told = told

    def CollectionExists(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say whether it is there."""
        exists = self._told.database.collection_exists(request.collection_name)
        return wire.CollectionExistsResponse(result=wire.CollectionExists(exists=exists))

    def List(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List the names."""
        found = self._told.database.get_collections().collections
        return wire.ListCollectionsResponse(collections=[wire.CollectionDescription(name=each.name) for each in found])

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make it, and keep what the local mode has no place for."""
        name = request.collection_name
        self._told.database.create_collection(
            name,
            vectors_config=GrpcToRest.convert_vectors_config(request.vectors_config),
            metadata=GrpcToRest.convert_payload(request.metadata),
        )
        self._told.thresholds[name] = (
            request.optimizers_config.indexing_threshold
            if request.optimizers_config.HasField("indexing_threshold")
            else 10_000
        )
        self._told.indexed[name] = {}
        return wire.CollectionOperationResponse(result=True)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Keep the threshold."""
        if request.optimizers_config.HasField("indexing_threshold"):
            self._told.thresholds[request.collection_name] = request.optimizers_config.indexing_threshold
        return wire.CollectionOperationResponse(result=True)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Drop it."""
        return wire.CollectionOperationResponse(result=self._told.database.delete_collection(request.collection_name))

    def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Describe it."""
        name = request.collection_name
        info = self._told.database.get_collection(name)
        info.config.optimizer_config.indexing_threshold = self._told.thresholds[name]
        info.payload_schema = {
            field: q.PayloadIndexInfo(data_type=kind, points=0) for field, kind in self._told.indexed[name].items()
        }
        if self._told.statuses and self._told.thresholds[name]:
            info.status = self._told.statuses.pop(0)
        if self._told.optimizer_error:
            info.optimizer_status = q.OptimizersStatusOneOf1(error=self._told.optimizer_error)
        return wire.GetCollectionInfoResponse(result=RestToGrpc.convert_collection_info(info))


@final
class PointCalls(points_service_pb2_grpc.PointsServicer):
    """The calls about points that the adapter makes; all others are refused as not implemented."""

    def __init__(self, told: StandIn) -> None:
        self._told = told

    def CreateFieldIndex(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Note the field."""
        kinds = {wire.FieldTypeKeyword: q.PayloadSchemaType.KEYWORD, wire.FieldTypeInteger: q.PayloadSchemaType.INTEGER}
        self._told.indexed[request.collection_name][request.field_name] = kinds[request.field_type]
        return _done()

    def Upsert(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Write the points."""
        points = [GrpcToRest.convert_point_struct(point) for point in request.points]
        self._told.database.upsert(request.collection_name, points)
        return _done()

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Remove the points."""
        self._told.database.delete(request.collection_name, GrpcToRest.convert_points_selector(request.points))
        return _done()

    def Count(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Count the points."""
        found = self._told.database.count(request.collection_name, exact=request.exact)
        return wire.CountResponse(result=wire.CountResult(count=found.count))

    def Get(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return the points with these ids."""
        ids = [GrpcToRest.convert_point_id(point) for point in request.ids]
        payload = GrpcToRest.convert_with_payload_interface(request.with_payload)
        found = self._told.database.retrieve(request.collection_name, ids, with_payload=payload)
        return wire.GetResponse(result=[_record(record) for record in found])

    def Scroll(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return the next points."""
        found, offset = self._told.database.scroll(
            request.collection_name,
            limit=request.limit,
            offset=GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None,
            with_payload=GrpcToRest.convert_with_payload_interface(request.with_payload),
        )
        following = None if offset is None else RestToGrpc.convert_extended_point_id(offset)
        return wire.ScrollResponse(result=[_record(record) for record in found], next_page_offset=following)

    def QueryBatch(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return the neighbours, exact ones."""
        asked = [GrpcToRest.convert_query_points(query) for query in request.query_points]
        for query in asked:
            query.params = None  # the local mode is exact, and warns when it is told how to search
        answers = self._told.database.query_batch_points(request.collection_name, asked)
        return wire.QueryBatchResponse(
            result=[
                wire.BatchResult(result=[RestToGrpc.convert_scored_point(point) for point in answer.points])
                for answer in answers
            ]
        )


@contextmanager
def qdrant_stand_in() -> Iterator[StandIn]:
    """Serve an empty stand-in and stop it on the way out."""
    server = StandIn()
    server.start()
    try:
        yield server
    finally:
        server.die()


def _record(record: Any) -> Any:
    return RestToGrpc.convert_record(record.model_copy(update={"payload": record.payload or {}}))


def _done() -> Any:
    return wire.PointsOperationResponse(result=wire.UpdateResult(operation_id=1, status=wire.UpdateStatus.Completed))
