/** A step's form out of its component's schema. */

import Form from "@rjsf/core";
import type { RJSFSchema } from "@rjsf/utils";
import { useMemo } from "react";

import type { Component } from "../../flow/catalog";
import type { Input } from "../../flow/document";
import { uiOf } from "./mapping";
import validator from "./validator";

interface Props {
  component: Component;
  input: Input;
  onChange: (input: Input, field: string) => void;
}

export function StepForm({ component, input, onChange }: Props) {
  const schema = component.schema;
  const ui = useMemo(() => uiOf(schema), [schema]);
  return (
    <Form
      tagName="div"
      schema={schema as RJSFSchema}
      uiSchema={ui}
      formData={input}
      validator={validator}
      liveValidate={false}
      experimental_defaultFormStateBehavior={{
        // What nobody has filled in stays out of the document.
        emptyObjectFields: "skipDefaults",
      }}
      onChange={({ formData }, field) => onChange((formData ?? {}) as Input, field ?? "")}
    >
      {null}
    </Form>
  );
}
