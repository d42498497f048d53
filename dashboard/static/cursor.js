// Reading and zooming the chart with the pointer or the keyboard.

import { svg } from "./dom.js";

// attach wires host once. state() gives the points that are drawn, their layout
// and the picture; read(point) shows a point, null for the newest; zoom(from, to)
// narrows the time.
export const attach = (host, { state, read, zoom, reset }) => {
  let at = null; // the end of the window under the cursor
  let dragFrom = null, selection = null;

  const position = (event) => event.clientX - host.getBoundingClientRect().left;

  const nearest = (time) => {
    const { points } = state();
    let low = 0, high = points.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle].end < time) low = middle + 1;
      else high = middle;
    }
    return low > 0 && time - points[low - 1].end < points[low].end - time ? low - 1 : low;
  };

  const mark = () => {
    const { points, layout, picture } = state();
    if (!picture) return;
    picture.querySelector("#cursor")?.remove();
    const p = at == null || !points.length ? null : points[nearest(at)];
    read(p);
    if (!p) return;
    const x = layout.x(p.end);
    const g = svg("g", { id: "cursor" }, svg("line", { class: "cursor", x1: x, x2: x, y1: layout.top, y2: layout.stripBottom }));
    if (p.value != null) g.append(svg("circle", { class: "cursor-dot", r: 3.5, cx: x, cy: layout.y(p.value) }));
    picture.append(g);
  };

  const stopDrag = () => {
    selection?.remove();
    dragFrom = selection = null;
  };

  host.addEventListener("pointermove", (event) => {
    const { points, layout, picture } = state();
    if (!points.length) return;
    at = layout.time(position(event));
    mark();
    if (dragFrom == null) return;
    const x = Math.min(Math.max(position(event), layout.left), layout.right);
    selection ??= picture.appendChild(svg("rect", { class: "select", y: layout.top, height: layout.stripBottom - layout.top }));
    selection.setAttribute("x", Math.min(x, dragFrom));
    selection.setAttribute("width", Math.abs(x - dragFrom));
  });
  host.addEventListener("pointerdown", (event) => {
    const { points, layout } = state();
    if (event.button !== 0 || event.pointerType === "touch" || !points.length) return;
    dragFrom = Math.min(Math.max(position(event), layout.left), layout.right);
    host.setPointerCapture(event.pointerId);
  });
  host.addEventListener("pointerup", (event) => {
    const { layout } = state();
    const from = dragFrom, to = position(event);
    stopDrag();
    if (from != null && Math.abs(to - from) > 8) zoom(...[layout.time(from), layout.time(to)].sort((a, b) => a - b));
  });
  host.addEventListener("pointercancel", stopDrag);
  host.addEventListener("pointerleave", () => {
    at = null;
    mark();
  });
  host.addEventListener("dblclick", reset);
  host.addEventListener("blur", () => {
    at = null;
    mark();
  });
  host.addEventListener("keydown", (event) => {
    const { points } = state();
    if (!points.length) return;
    const last = points.length - 1;
    const now = at == null ? last : nearest(at);
    const page = Math.max(1, Math.round(points.length / 10));
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - page, PageDown: now + page, Home: 0, End: last }[event.key];
    if (event.key === "Escape") {
      at = null;
      reset();
    } else if (next === undefined) return;
    else at = points[Math.min(Math.max(next, 0), last)].end;
    event.preventDefault();
    mark();
  });

  return { mark };
};
