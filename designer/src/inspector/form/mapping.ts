/** What the form library is told of a schema: from the `x-` words, never from a component's name. */

import type { UiSchema } from "@rjsf/utils";

import type { JsonSchema } from "../../flow/schema";

export function uiOf(schema: JsonSchema): UiSchema {
  return {
    "ui:submitButtonOptions": { norender: true },
    ...Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, field]) => [name, fieldUi(field)]),
    ),
  };
}

function fieldUi(field: JsonSchema): UiSchema {
  switch (field["x-widget"]) {
    case "textarea":
      return { "ui:widget": "textarea" };
    case "password":
      return { "ui:widget": "password" };
    default:
      return {};
  }
}
