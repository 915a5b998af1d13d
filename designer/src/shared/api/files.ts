/** Stored files; an upload is the file's bytes, whatever its size. */

import { queryOptions } from "@tanstack/react-query";

import { api, take, type Schemas } from "./client";

export const files = queryOptions({
  queryKey: ["files"],
  queryFn: async () => (await take(api.GET("/api/files"))).files,
});

export async function uploadFile(file: File): Promise<Schemas["StoredFile"]> {
  return take(
    api.POST("/api/files", {
      params: { query: { name: file.name } },
      headers: { "Content-Type": file.type || "application/octet-stream" },
      body: file as never,
      bodySerializer: (body) => body as never,
    }),
  );
}
