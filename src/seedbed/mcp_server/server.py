"""Answer the protocol's requests with tools and reports.

src/seedbed/mcp_server/server.py - v0.1.0

The SDK's low-level server: its other one words faults itself, over several lines, and passes over unknown arguments.

```mermaid
flowchart LR
    create_server --> Server
    create_server --> described & reports
    create_server --> bounded & in_one_line
```
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Sequence
from contextlib import nullcontext
from importlib.metadata import version
from typing import Any, final
from uuid import uuid4

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

from seedbed import logging_format
from seedbed.api.services import Services
from seedbed.api.tokens import Caller
from seedbed.errors import UserError, unknown_choice
from seedbed.logging_config import bind_request
from seedbed.mcp_server import reports
from seedbed.mcp_server.answers import bounded, in_one_line
from seedbed.mcp_server.tool import Tool

logger = logging.getLogger(__name__)

type Context = ServerRequestContext[dict[str, Any], Request]

TOOL_S = 120.0
"""Loading a model is part of the first search."""
_INSTRUCTIONS = """\
Seedbed keeps recorded runs of experiments, an index of documents and a model that finds names in texts.
Begin with list_runs or list_experiments. An id may be shortened to its first 4 digits or more.
Compare runs before you say that one is better, and look at run_provenance before you say how it was made.
"""


@final
class Answering:
    """What the protocol asks for, answered."""

    def __init__(self, services: Services, tools: Sequence[Tool], *, is_local: bool, tool_s: float) -> None:
        self._services, self._is_local, self._tool_s = services, is_local, tool_s
        self._tools = {tool.name: tool for tool in tools}

    async def list_tools(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """List what can be called."""
        return types.ListToolsResult(tools=[described(tool) for tool in self._tools.values()])

    async def call_tool(self, context: Context, asked: types.CallToolRequestParams) -> types.CallToolResult:
        """Call a tool; a fault is its answer."""
        tool = self._tools.get(asked.name)
        if tool is None:
            fault = unknown_choice("tool", asked.name[:100], self._tools, example="list_runs")
            raise MCPError(types.INVALID_PARAMS, str(fault))
        try:
            self._refuse_without(tool.scope, context)
            answer = await self._within(tool.work(self._services, tool.asked.model_validate(asked.arguments or {})))
        except Exception as error:
            return types.CallToolResult(content=[_text(in_one_line(error, tool.name))], is_error=True)
        facts = bounded(answer.model_dump(mode="json"))
        return types.CallToolResult(content=[_text(json.dumps(facts, ensure_ascii=False))], structured_content=facts)

    async def list_resources(
        self, context: Context, _: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List the reports of the newest runs."""
        try:
            self._refuse_without(reports.SCOPE, context)
            return types.ListResourcesResult(resources=await self._within(reports.newest(self._services)))
        except Exception as error:
            raise MCPError(types.INTERNAL_ERROR, in_one_line(error, "the list of resources")) from None

    async def list_templates(
        self, _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """Say how a report is named."""
        return types.ListResourceTemplatesResult(resource_templates=[reports.TEMPLATE])

    async def read_resource(self, context: Context, asked: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """Return a report."""
        try:
            self._refuse_without(reports.SCOPE, context)
            page = await self._within(reports.read(self._services, str(asked.uri)))
        except Exception as error:
            code = types.INVALID_PARAMS if isinstance(error, UserError) else types.INTERNAL_ERROR
            raise MCPError(code, in_one_line(error, "the report")) from None
        return types.ReadResourceResult(contents=[page])

    def _refuse_without(self, scope: str, context: Context) -> None:
        """Raise UserError when a request came over HTTP without a token that has the scope."""
        if self._is_local:
            return
        caller: Caller | None = None if context.request is None else context.request.scope.get("seedbed.caller")
        if caller is None or scope not in caller.scopes:
            raise UserError(f"the token lacks the scope {scope}. Next: seedbed token --scope {scope}")

    async def _within[T](self, work: Awaitable[T]) -> T:
        """Return what the work returns, in time; its log lines carry an id, over HTTP that of the request."""
        bound = nullcontext() if logging_format.request_id.get() else bind_request(uuid4().hex)
        with bound:
            async with asyncio.timeout(self._tool_s):
                return await work


def create_server(
    services: Services, tools: Sequence[Tool], *, is_local: bool, tool_s: float = TOOL_S
) -> Server[dict[str, Any]]:
    """Return the server of these tools; who is not local, for not being who started it, needs a token's scopes."""
    answering = Answering(services, tools, is_local=is_local, tool_s=tool_s)
    return Server(
        "seedbed",
        version=version("seedbed"),
        title="Seedbed",
        instructions=_INSTRUCTIONS,
        on_list_tools=answering.list_tools,
        on_call_tool=answering.call_tool,
        on_list_resources=answering.list_resources,
        on_list_resource_templates=answering.list_templates,
        on_read_resource=answering.read_resource,
    )


def described(tool: Tool) -> types.Tool:
    """Return a tool as the protocol shows it."""
    answered = tool.answered.model_json_schema(mode="serialization")
    answered["properties"]["cut"] = {"type": "string", "description": "there when the answer was too long: what is cut"}
    hints = types.ToolAnnotations(
        read_only_hint=tool.is_read_only,
        destructive_hint=False,
        idempotent_hint=tool.is_read_only,
        open_world_hint=False,
    )
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.asked.model_json_schema(),
        output_schema=answered,
        annotations=hints,
    )


def _text(text: str) -> types.TextContent:
    return types.TextContent(text=text)
