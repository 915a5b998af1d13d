/** A component that does its work once and at once, away from any flow: its form, and what came of it. */

import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Component } from "../flow/catalog";
import type { Input } from "../flow/document";
import { Button } from "../shared/ui/Button";
import { Dialog, DialogActions } from "../shared/ui/Dialog";
import { ErrorNote, Note } from "../shared/ui/Note";
import { Sign } from "../shared/ui/Sign";
import { toast } from "../shared/ui/toasts";
import { dotted } from "./form/context";
import { StepForm } from "./form/StepForm";
import { useStepSchema } from "./form/step-schema";
import { tryOnce } from "./trying";

const NO_UPSTREAM = { steps: [], titles: new Map<string, string>(), given: {} };

export interface DoProps {
  component: Component;
  /** The account that it works for, by its name. */
  account: string;
  /** What is filled in beforehand. */
  given: Input;
  onDone: () => void;
  onClose: () => void;
}

export default function DoDialog({ component, account, given, onDone, onClose }: DoProps) {
  const { t } = useTranslation("inspector");
  const [input, setInput] = useState(given);
  const { schema, error: schemaError } = useStepSchema(component, account, input);
  const work = useMutation({
    mutationFn: () => tryOnce(component, { account, input, given: {}, dryRun: false }),
    onSuccess: (result) => {
      if (result.status !== "completed") return;
      toast(t("onceDone", { label: component.label }));
      onClose();
      onDone();
    },
  });
  const done = work.data !== undefined && "error" in work.data ? work.data : undefined;
  const refusal = done?.error ?? null;
  const faults = useMemo(() => {
    const { field = "", cause = "", title = "" } = refusal ?? {};
    return new Map(field === "" ? [] : [[dotted(field), [cause || title]]]);
  }, [refusal]);
  const knowledge = {
    step: "once",
    isAlone: true,
    component,
    account,
    input,
    upstream: NO_UPSTREAM,
    values: {},
    faults,
  };
  return (
    <Dialog title={component.label} isOpen onClose={onClose}>
      <p className="soft">{t("onceFor", { account })}</p>
      {schemaError !== null && <ErrorNote error={schemaError} />}
      {work.error !== null && <ErrorNote error={work.error} />}
      {refusal !== null && <Note {...refusal} />}
      {done !== undefined && refusal === null && (
        <p role="status">
          <Sign state={done.status} more={done.reason} />
        </p>
      )}
      <StepForm schema={schema} knowledge={knowledge} onChange={setInput} />
      <DialogActions>
        <Button onClick={onClose}>{t("leave")}</Button>
        <Button look="main" disabled={work.isPending} onClick={() => work.mutate()}>
          {t(work.isPending ? "doing" : "doOnce")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
