// Scales and ticks of the chart.

const nice = [1, 2, 2.5, 5, 10];

// valueTicks returns about want round numbers within [low, high].
export const valueTicks = (low, high, want) => {
  const raw = (high - low) / want;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * nice.find((n) => n * power >= raw * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) ticks.push(+(i * step).toPrecision(12));
  return ticks;
};

const minute = 60e3, hour = 3600e3, day = 86400e3;
const steps = [1e3, 5e3, 15e3, 30e3, minute, 2 * minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour,
  12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 182 * day, 365 * day];

// timeTicks returns at most want round moments within [from, to], in ms, and their step.
export const timeTicks = (from, to, want) => {
  const step = steps.find((s) => (to - from) / s <= want) ?? Math.ceil((to - from) / want / (365 * day)) * 365 * day;
  const ticks = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) ticks.push(i * step);
  return { ticks, step };
};

// halfKnown tells windows that rest on at least half of their labels. The
// earliest labels of a window are not a fair sample of them.
export const halfKnown = (p) => p.coverage >= 0.5;

// valueRange spans the values and the bounds, and the intervals save for the
// widest tenth: a handful of windows of three labels must not flatten the rest.
export const valueRange = (points, bounds) => {
  const lows = [], highs = [], all = [...bounds];
  for (const p of points) {
    if (p.value == null) continue;
    all.push(p.value);
    if (p.low != null) lows.push(p.low);
    if (p.high != null) highs.push(p.high);
  }
  if (!all.length) return [0, 1];
  const at = (list, share) => list.sort((a, b) => a - b)[Math.round(share * (list.length - 1))];
  if (lows.length) all.push(at(lows, 0.05));
  if (highs.length) all.push(at(highs, 0.95));
  let low = Infinity, high = -Infinity;
  for (const v of all) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  const pad = (high - low || Math.abs(high) || 1) * 0.07;
  return [low - pad, high + pad];
};
