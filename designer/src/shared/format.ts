/** Times, numbers and lengths of time in the reader's way. */

import { language } from "./texts";

export interface Format {
  /** Day and time, to the minute. */
  time: (iso: string) => string;
  /** To the millisecond, for whoever points at it. */
  exact: (iso: string) => string;
  /** How long ago. */
  ago: (iso: string, now?: number) => string;
  duration: (seconds: number) => string;
  number: (value: number) => string;
  bytes: (value: number) => string;
}

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30, "day"],
  [12, "month"],
  [Infinity, "year"],
];

const formats = new Map<string, Format>();

/** Made once for a language: what the browser has for it takes long to make. */
export function formatIn(locale: string): Format {
  let format = formats.get(locale);
  if (format === undefined) formats.set(locale, (format = newFormat(locale)));
  return format;
}

function newFormat(locale: string): Format {
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const exact = new Intl.DateTimeFormat(locale, {
    dateStyle: "full",
    timeStyle: "long",
  });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  const number = new Intl.NumberFormat(locale);
  const few = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const units = new Map<string, Intl.NumberFormat>();
  const unit = (value: number, name: string) => {
    let found = units.get(name);
    if (found === undefined) {
      found = new Intl.NumberFormat(locale, {
        style: "unit",
        unit: name,
        unitDisplay: "short",
        maximumSignificantDigits: 3,
      });
      units.set(name, found);
    }
    return found.format(value);
  };
  return {
    time: (iso) => time.format(new Date(iso)),
    exact: (iso) => exact.format(new Date(iso)),
    ago: (iso, now = Date.now()) => {
      let amount = (new Date(iso).getTime() - now) / 1000;
      for (const [size, name] of STEPS) {
        if (Math.abs(amount) < size) return relative.format(Math.round(amount), name);
        amount /= size;
      }
      return "";
    },
    duration: (seconds) => {
      if (seconds < 1) return unit(seconds * 1000, "millisecond");
      if (seconds < 60) return unit(seconds, "second");
      if (seconds < 3600) return unit(seconds / 60, "minute");
      return unit(seconds / 3600, "hour");
    },
    number: (value) => number.format(value),
    bytes: (value) => {
      if (value < 1000) return unit(value, "byte");
      if (value < 1e6) return `${few.format(value / 1e3)} kB`;
      if (value < 1e9) return `${few.format(value / 1e6)} MB`;
      return `${few.format(value / 1e9)} GB`;
    },
  };
}

export function useFormat(): Format {
  return formatIn(language());
}
