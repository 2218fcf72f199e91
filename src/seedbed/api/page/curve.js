/*
Draw how a metric went.

src/seedbed/api/page/curve.js - v0.1.0

The figure says in words what the line shows: it is for people who cannot see it, too.
*/

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 100;
const MARGIN = 6;

function shown(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : value;
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Return a figure of a history as GET /experiments/{run_id}/history answers it. */
export function curve({ metric, points }) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const finite = points.filter((point) => typeof point.value === "number");
  const values = finite.map((point) => point.value);
  caption.className = "small";
  if (finite.length < 2) {
    caption.textContent = `${metric}: ${shown(points.at(-1)?.value ?? "nothing")}`;
    figure.append(caption);
    return figure;
  }
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [finite[0].step, finite.at(-1).step];
  // steps that do not move are laid out by their order
  const across = (point, order) => (last > first ? (point.step - first) / (last - first) : order / (finite.length - 1));
  const along = finite.map((point, order) => {
    const x = MARGIN + across(point, order) * (WIDTH - 2 * MARGIN);
    const y = HEIGHT - MARGIN - (high > low ? (point.value - low) / (high - low) : 0.5) * (HEIGHT - 2 * MARGIN);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const words = `${metric}: ${shown(values[0])} to ${shown(values.at(-1))}, lowest ${shown(low)}, highest ${shown(high)}, steps ${first} to ${last}`;
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words });
  drawing.append(svg("polyline", { points: along.join(" ") }));
  caption.textContent = words;
  figure.append(drawing, caption);
  return figure;
}
