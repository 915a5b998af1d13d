/** A value in a few letters, beside its name. */
export function sampleText(sample: unknown): string {
  if (sample === undefined) return "";
  const text = typeof sample === "string" ? sample : JSON.stringify(sample);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
