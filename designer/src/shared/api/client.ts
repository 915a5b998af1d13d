/** The engine's API, typed from its OpenAPI document. Every refusal is an `ApiError`. */

import createClient, { type Middleware } from "openapi-fetch";

import { language } from "../texts";
import { isObject } from "../values";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Failure = Schemas["Failure"];

/** What the API answered instead of what was asked for: title, cause and cure in sentences. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly failure: Partial<Failure> & { title: string; cause: string; cure: string },
    readonly field: string | null = null,
    /** Everything that is wrong, where that is more than one thing. */
    readonly faults: readonly Schemas["Fault"][] = [],
  ) {
    super(failure.title);
    this.name = "ApiError";
  }

  /** The request never came through, or no answer came back. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

const readable: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", language());
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await errorOf(response);
  },
  onError() {
    return new ApiError(0, { title: "", cause: "", cure: "" });
  },
};

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const error = isObject(body) && isObject(body["error"]) ? body["error"] : {};
  const text = (key: string): string => (typeof error[key] === "string" ? error[key] : "");
  return new ApiError(
    response.status,
    {
      title: text("title") || `${response.status} ${response.statusText}`,
      cause: text("cause"),
      cure: text("cure"),
    },
    text("field") || null,
    isObject(body) && Array.isArray(body["errors"]) ? (body["errors"] as Schemas["Fault"][]) : [],
  );
}

export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(readable);

/** The body of an answer; a refusal was thrown by then. */
export async function take<Data>(answer: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await answer;
  return data as Data;
}

/** An ETag as `If-Match` has it. */
export function quoted(etag: string): string {
  return `"${etag}"`;
}
