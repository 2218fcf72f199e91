/*
Ask the API, and show what it answers.

src/seedbed/api/page/page.js - v0.1.0

Answers become text nodes and never markup. The token is kept for this tab alone, and leaves the address at once.
*/

import { curve } from "./curve.js";

const KEY = "seedbed.token";
const NUM_RUNS = 10;
const NUM_CURVES = 12;
const $ = (id) => document.getElementById(id);

/** Return an element with these properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function say(id, text, isFault = false) {
  $(id).textContent = text;
  $(id).classList.toggle("fault", isFault);
}

async function ask(path, body) {
  const token = sessionStorage.getItem(KEY);
  if (!token) {
    $("token").focus();
    throw new Error("a token is needed first");
  }
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("the API does not answer");
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  if (answer.status === 401) $("token").focus();
  const where = (said.errors ?? []).map((fault) => `${fault.where}: ${fault.what}`).join("; ");
  throw new Error(`${said.detail ?? answer.statusText} ${where} (${answer.status}, request ${said.request_id ?? "?"})`);
}

/** Let a form do its work, one at a time, and say what goes wrong. */
function onSubmit(id, work) {
  $(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    say(`${id}-said`, "…");
    try {
      say(`${id}-said`, (await work()) ?? "");
    } catch (error) {
      say(`${id}-said`, error.message, true);
    } finally {
      form.ariaBusy = "false";
    }
  });
}

function signedIn() {
  const has = Boolean(sessionStorage.getItem(KEY));
  $("forget").hidden = !has;
  if (has) say("access-said", "kept for this tab");
  return has;
}

async function findEntities() {
  const text = $("text").value;
  $("marked").hidden = true;
  const { results: [{ entities, error }], model } = await ask("v1/ner", { text });
  if (error) throw new Error(error);
  const kinds = [...new Set(entities.map((entity) => entity.label))].sort();
  let last = 0;
  const parts = [];
  for (const { label, start_utf16: start, end_utf16: end } of entities) {
    parts.push(text.slice(last, start));
    const mark = element("mark", { className: `kind-${kinds.indexOf(label) % 6}` }, text.slice(start, end));
    mark.append(element("small", {}, label));
    parts.push(mark);
    last = end;
  }
  $("marked").replaceChildren(...parts, text.slice(last));
  $("marked").hidden = false;
  const run = model.run_id ? `, trained by run ${model.run_id.slice(0, 8)}` : "";
  return `${entities.length} found by ${model.name} ${model.version}${run}`;
}

async function search() {
  $("hits").replaceChildren();
  const { index, hits } = await ask("v1/search", { query: $("query").value, k: 10 });
  $("hits").replaceChildren(...hits.map((hit) => element(
    "li", {},
    element("div", { className: "small" }, `${hit.score.toFixed(3)}  ${hit.title || hit.document_id}`),
    element("div", {}, hit.text),
  )));
  return hits.length ? `${hits.length} nearest in index ${index}` : `nothing in index ${index}`;
}

async function showRuns() {
  const { runs } = await ask(`experiments?size=${NUM_RUNS}`);
  $("runs-list").replaceChildren(...runs.map(runItem));
  return runs.length ? "" : "nothing is recorded yet";
}

function runItem(run) {
  const button = element("button", { type: "button", ariaExpanded: "false" }, `${run.experiment}: ${run.name || run.run_id.slice(0, 8)}`);
  const facts = `${run.status}, ${new Date(run.started_at).toLocaleString()}, seed ${run.seed ?? "none"}, ${run.num_metrics} metrics`;
  const curves = element("div", { className: "curves", hidden: true });
  const said = element("p", { className: "said", role: "status", hidden: true });
  button.addEventListener("click", async () => {
    const isOpen = button.ariaExpanded === "true";
    button.ariaExpanded = String(!isOpen);
    curves.hidden = said.hidden = isOpen;
    if (isOpen || curves.childElementCount) return;
    try {
      said.textContent = "…";
      const names = Object.keys(run.metrics).slice(0, NUM_CURVES);
      const asked = names.map((name) => ask(`experiments/${run.run_id}/history?metric=${encodeURIComponent(name)}`));
      curves.replaceChildren(...(await Promise.all(asked)).map(curve));
      said.textContent = run.num_metrics > names.length ? `the first ${names.length} of ${run.num_metrics} metrics` : "";
    } catch (error) {
      said.textContent = error.message;
      said.classList.add("fault");
    }
  });
  return element("li", {}, button, " ", element("span", { className: "small" }, facts), said, curves);
}

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}
onSubmit("access", async () => {
  sessionStorage.setItem(KEY, $("token").value.trim());
  $("token").value = "";
  signedIn();
  $("runs").requestSubmit();
  return "kept for this tab";
});
onSubmit("entities", findEntities);
onSubmit("search", search);
onSubmit("runs", showRuns);
$("forget").addEventListener("click", () => {
  sessionStorage.removeItem(KEY);
  signedIn();
  say("access-said", "forgotten");
  $("token").focus();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) $("entities").requestSubmit();
});
if (signedIn()) $("runs").requestSubmit();
