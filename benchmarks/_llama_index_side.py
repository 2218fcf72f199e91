"""Index with LlamaIndex, in the environment that benchmarks/llama_index.py makes.

benchmarks/_llama_index_side.py - v0.1.0

Everything is left at its default but for the document store, which it needs to leave unchanged documents alone.

```mermaid
flowchart LR
    main --> IngestionPipeline & HuggingFaceEmbedding & ChromaVectorStore
```
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import chromadb
from llama_index.core import Document
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore


def main(model: str, *corpora: str) -> None:
    """Index each corpus of JSON lines into the same collection; print the seconds of each as JSON."""
    embedding = HuggingFaceEmbedding(model_name=model)
    embedding.get_text_embedding("a text that loads the model")
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        collection = chromadb.PersistentClient(folder).create_collection("bench", embedding_function=None)
        pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(), embedding],
            vector_store=ChromaVectorStore(chroma_collection=collection),
            docstore=SimpleDocumentStore(),
        )
        for corpus in corpora:
            records = [json.loads(line) for line in Path(corpus).read_text("utf-8").splitlines()]
            started = time.perf_counter()
            pipeline.run(documents=[Document(id_=record["id"], text=record["text"]) for record in records])
            seconds.append(time.perf_counter() - started)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
