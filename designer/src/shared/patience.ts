/** Doing something as soon as what it needs is drawn. */

// Parts of the page are loaded when they are needed first, and a network may be slow: 20 s where
// frames come as fast as they can, and longer where the machine is busy.
const FRAMES = 1_200;

let asked = new AbortController();

/** Nobody waits any more for what was asked. */
export function forget(): void {
  asked.abort();
}

/**
 * Try with each frame until it is done. Only what is asked last counts, and whoever goes on with
 * the mouse elsewhere meanwhile is left alone.
 */
export function asSoonAsDrawn(isDone: () => boolean): void {
  forget();
  const mine = new AbortController();
  asked = mine;
  let left = FRAMES;
  const attempt = () => {
    if (mine.signal.aborted) return;
    left -= 1;
    if (isDone() || left === 0) mine.abort();
    else requestAnimationFrame(attempt);
  };
  requestAnimationFrame(() => {
    window.addEventListener("pointerdown", () => mine.abort(), { signal: mine.signal });
    attempt();
  });
}
