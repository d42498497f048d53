// Numbers and times as people read them. Every time is UTC.

const whole = new Intl.NumberFormat("en-GB");

export const count = (n) => (n == null ? "–" : whole.format(n));

export const figure = (v) => {
  if (v == null) return "–";
  const size = Math.abs(v);
  return size >= 1000 ? count(Math.round(v)) : size >= 10 ? v.toFixed(2) : v.toFixed(3);
};

export const interval = (m) => (m && m.low != null && m.high != null ? `[${figure(m.low)}, ${figure(m.high)}]` : "");

export const percent = (v) => (v == null ? "–" : `${(100 * v).toFixed(v > 0 && v < 0.1 ? 2 : 1)} %`);

const two = (n) => String(n).padStart(2, "0");

export const day = (ms) => {
  const d = new Date(ms);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
};

export const clock = (ms) => {
  const d = new Date(ms);
  const seconds = d.getUTCSeconds();
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` + (seconds ? `:${two(seconds)}` : "");
};

export const moment = (text) => {
  if (!text) return "–";
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : `${day(ms)} ${clock(ms)}`;
};

export const duration = (seconds) => {
  if (seconds == null) return "–";
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${(seconds / 86400).toFixed(1)} days`;
};

export const words = (name) => name.replaceAll("_", " ");

export const segmentName = (segment) => (segment === "" ? "the whole" : segment);
