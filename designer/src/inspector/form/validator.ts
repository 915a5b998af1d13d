/** The form library's validator, which interprets schemas: code made from text is not allowed here. */

import { Validator } from "@cfworker/json-schema";
import type { RJSFSchema, ValidatorType } from "@rjsf/utils";
import { toErrorSchema, type RJSFValidationError } from "@rjsf/utils";

function errorsOf(schema: RJSFSchema, value: unknown): RJSFValidationError[] {
  const result = new Validator(schema as object, "2020-12", false).validate(value);
  return result.errors.map(({ error, instanceLocation, keyword }) => ({
    name: keyword,
    message: error,
    stack: error,
    property: instanceLocation.replace(/^#/, "").replaceAll("/", "."),
  }));
}

const validator: ValidatorType = {
  validateFormData: (value, schema) => {
    const errors = errorsOf(schema, value);
    return { errors, errorSchema: toErrorSchema(errors) };
  },
  isValid: (schema, value, root) =>
    new Validator({ ...root, ...schema } as object, "2020-12").validate(value).valid,
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  rawValidation: <Result>(schema: RJSFSchema, value?: unknown) => ({
    errors: errorsOf(schema, value) as Result[],
  }),
};

export default validator;
