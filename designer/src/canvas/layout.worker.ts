import { arranged, type Drawn } from "./layout";

self.onmessage = ({ data }: MessageEvent<{ id: number; drawn: Drawn }>) => {
  self.postMessage({ id: data.id, places: arranged(data.drawn) });
};
