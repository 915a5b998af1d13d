import { useMemo } from "react";

import type { Component } from "../flow/catalog";
import { changeStep, setInput, without } from "../flow/document";
import { useEditor, useEditorStore } from "../flow/editor";
import { useSaving } from "../flow/saving-context";
import { ErrorNote } from "../shared/ui/Note";
import { AccountField } from "./AccountField";
import { dotted } from "./form/context";
import { StepForm } from "./form/StepForm";
import { useStepSchema } from "./form/step-schema";
import { StepPreview } from "./preview/StepPreview";
import { useUpstream } from "./expressions/use-upstream";
import { useValues } from "./expressions/use-values";
import type { Refused } from "./trying";

const NOTHING = {};

interface Props {
  name: string;
  component: Component;
  /** What a test has refused. */
  refused: Refused | null;
}

/** Account and form of a step, and what will come of it. */
export default function SetupTab({ name, component, refused }: Props) {
  const editor = useEditorStore();
  const input = useEditor((state) => state.document.components[name]?.input) ?? NOTHING;
  const account = useEditor((state) => state.document.components[name]?.account ?? null);
  const upstream = useUpstream(name);
  const all = useSaving((state) => state.faults);
  const here = `components.${name}`;
  const faults = useMemo(() => {
    // What was refused stands there until the input is another one.
    const found = new Map(refused?.input === input ? refused.faults : []);
    const prefix = `${here}.input.`;
    for (const { path, text } of all) {
      if (!path.startsWith(prefix)) continue;
      const field = dotted(path.slice(prefix.length));
      const before = found.get(field)?.filter((each) => !text.startsWith(each)) ?? [];
      found.set(field, [...before, text]);
    }
    return found;
  }, [all, here, input, refused]);
  const made = useStepSchema(component, account, input);
  const own = all.filter(({ path }) => `${path}.`.startsWith(`${here}.`));
  const elsewhere = own.filter(({ path }) => !path.startsWith(`${here}.input.`));
  const { error } = made;
  // Why there is no form can be a fault of the flow, too, and stands at its field by then.
  const isSaid = error instanceof Error && own.some(({ text }) => text.startsWith(error.message));
  const values = useValues(input, upstream.given);
  const knowledge = { step: name, component, account, input, upstream, values, faults };
  return (
    <>
      {elsewhere.map(({ path, text }) => (
        <p key={path + text} role="alert">
          {text}
        </p>
      ))}
      {component.takesAccount && <AccountField name={name} component={component} />}
      {error !== null && !isSaid && <ErrorNote error={error} />}
      <StepForm
        schema={made.schema}
        knowledge={knowledge}
        onChange={(next, field) => {
          editor.getState().change((before) => {
            // By which form the step was filled in is kept, so that a later one is known as another.
            return changeStep(setInput(before, name, next), name, (step) => {
              const form = made.formFor(next, step.form ?? null);
              return form === null ? without(step, "form") : { ...step, form };
            });
          }, `${name}.${field}`);
        }}
      />
      <StepPreview component={component} account={account} input={input} given={upstream.given} />
    </>
  );
}
