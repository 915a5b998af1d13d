/** The simulated service's own page beside the canvas, where one is running. */
export function PhonePanel() {
  return null;
}
