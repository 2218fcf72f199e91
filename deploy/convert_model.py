"""Convert the default model for OpenVINO while an image is built, so that the image needs no torch.

deploy/convert_model.py - v0.1.0

```mermaid
flowchart LR
    main --> embedder --> EmbeddingConfig
```
"""

import sys
from pathlib import Path

from seedbed.embedding.config import EmbeddingConfig
from seedbed.wiring_encoders import embedder


def main(folder: str) -> None:
    """Write the graph below the folder as it would be below `<home>/models`."""
    config = EmbeddingConfig(backend="openvino", precision="fp32")  # bf16 is the same file, run differently
    home = Path(folder, "home")
    embedder(config, home).embed(["converted by its first use"])
    for graph in (home / "models" / "openvino").iterdir():
        if graph.is_dir():
            graph.rename(Path(folder, graph.name))


if __name__ == "__main__":
    main(sys.argv[1])
