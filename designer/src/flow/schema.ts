/** The words of a component's schema that the page knows: JSON Schema, and the contract's `x-`. */

import type { Json } from "./document";

export interface JsonSchema {
  title?: string;
  description?: string;
  type?: string | string[];
  enum?: Json[];
  const?: Json;
  default?: Json;
  examples?: Json[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  writeOnly?: boolean;
  "x-widget"?: "select" | "textarea" | "toggle" | "password" | "file" | "json";
  "x-group"?: string;
  "x-when"?: Record<string, Json[]>;
  "x-hint"?: string;
  "x-from"?: string[];
  "x-source"?: boolean | { dependsOn: string[] };
  "x-ports"?: Record<string, JsonSchema>;
  "x-main-port"?: string;
  "x-samples"?: Record<string, Json>;
  "x-form"?: { inputs: string[]; fields: string[]; ports: boolean; asksService: boolean };
}
