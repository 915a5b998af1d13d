import type { Schemas } from "../shared/api/client";

type StoredFile = Schemas["StoredFile"];

// What every browser draws.
const DRAWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export function isPicture({ mediaType }: StoredFile): boolean {
  return DRAWN.includes(mediaType);
}

export function contentOf({ id }: StoredFile): string {
  return `/api/files/${encodeURIComponent(id)}/content`;
}
