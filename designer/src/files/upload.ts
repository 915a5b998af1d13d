/** Sending a file while telling how much of it has arrived, which `fetch` does not tell. */

import { ApiError, type Schemas } from "../shared/api/client";
import { language } from "../shared/texts";

export function send(
  file: File,
  onProgress: (share: number) => void,
): Promise<Schemas["StoredFile"]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/files?${new URLSearchParams({ name: file.name }).toString()}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("Accept-Language", language());
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onerror = () => reject(new ApiError(0, { title: "", cause: "", cure: "" }));
    request.onload = () => {
      if (request.status === 201) resolve(request.response as Schemas["StoredFile"]);
      else reject(refusal(request));
    };
    request.send(file);
  });
}

function refusal({ status, statusText, response }: XMLHttpRequest): ApiError {
  const { error } = (response ?? {}) as { error?: Schemas["Failure"] };
  return new ApiError(status, {
    title: error?.title ?? `${status} ${statusText}`,
    cause: error?.cause ?? "",
    cure: error?.cure ?? "",
  });
}
