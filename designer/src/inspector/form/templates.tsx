/** How the form library lays out fields, lists and groups. */

import {
  ADDITIONAL_PROPERTY_FLAG,
  type ArrayFieldItemTemplateProps,
  type ArrayFieldTemplateProps,
  type FieldTemplateProps,
  type ObjectFieldTemplateProps,
  type WrapIfAdditionalTemplateProps,
} from "@rjsf/utils";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Button, IconButton } from "../../shared/ui/Button";
import { TextInput } from "../../shared/ui/Field";
import { isObject } from "../../shared/values";
import { isExpression } from "../expressions/tokens";
import style from "../inspector.module.css";
import { faultsWithin, useForm } from "./context";
import { enterNew, stayNear } from "./focus";
import { groupsOf, isShown, type FormSchema } from "./schema";

const NEAR_LIMIT = 0.6;

export function FieldTemplate(props: FieldTemplateProps) {
  const { id, label, required, children, rawDescription } = props;
  const { t } = useTranslation("inspector");
  const schema = props.schema as FormSchema;
  const { path } = props.fieldPathId;
  const form = useForm();
  if (path.length === 0) return children;
  const isGroup = schema.type === "object" && schema.properties !== undefined;
  const isSplit = isGroup || schema.type === "array";
  // What lies in a value that is one field here has no other place.
  const faults = isSplit ? (form.faults.get(path.join(".")) ?? []) : faultsWithin(form, path);
  // The entries of a list are headed by the list, and those with a name of their own by that.
  const isEntry = typeof path.at(-1) === "number" || ADDITIONAL_PROPERTY_FLAG in schema;
  const name = label;
  return (
    <Additional {...props}>
      <div className={style["field"]} data-path={path.join(".")}>
        {!isEntry && (
          <label className={style["fieldLabel"]} htmlFor={id} id={`${id}-label`}>
            {name}
            {required !== true && <span className="soft"> · {t("optional")}</span>}
          </label>
        )}
        {isEntry && (
          <span className="unseen" id={`${id}-label`}>
            {name}
          </span>
        )}
        {children}
        <div id={`${id}-help`}>
          <ValueNow path={path} isWrong={faults.length > 0} />
          {faults.map((fault) => (
            <p key={fault} className={style["error"]}>
              {fault}
            </p>
          ))}
          {!isEntry && !isGroup && <Help text={rawDescription ?? ""} />}
          <Length value={props.formData as unknown} limit={schema.maxLength} />
        </div>
      </div>
    </Additional>
  );
}

/** What an expression is with the values of the last run or an example, or why it is nothing. */
function ValueNow({ path, isWrong }: { path: (string | number)[]; isWrong: boolean }) {
  const { t } = useTranslation("inspector");
  const now = useForm().values[path.join(".")];
  if (now === undefined) return null;
  if (now.problem !== "") return isWrong ? null : <p className={style["error"]}>{now.problem}</p>;
  const text = typeof now.value === "string" ? now.value : JSON.stringify(now.value);
  return (
    <p className={style["now"]} title={text}>
      {t("valueIs", { value: text })}
    </p>
  );
}

function Help({ text }: { text: string }) {
  return text === "" ? null : <p className={style["help"]}>{text}</p>;
}

/** How much of what is allowed has been typed, in code points, once it is worth knowing. */
function Length({ value, limit }: { value: unknown; limit: number | undefined }) {
  const { t } = useTranslation("inspector");
  if (limit === undefined || typeof value !== "string" || isExpression(value)) return null;
  const count = Array.from(value).length;
  if (count < limit * NEAR_LIMIT) return null;
  return (
    <p className={style["length"]} data-over={count > limit} role="status">
      {t("length", { count, limit })}
    </p>
  );
}

function Additional(props: FieldTemplateProps & { children: ReactNode }) {
  const { WrapIfAdditionalTemplate } = props.registry.templates;
  return <WrapIfAdditionalTemplate {...props}>{props.children}</WrapIfAdditionalTemplate>;
}

/** A field that people name themselves, such as a header. */
export function WrapIfAdditionalTemplate({
  id,
  label,
  schema,
  children,
  onKeyRenameBlur,
  onRemoveProperty,
}: WrapIfAdditionalTemplateProps) {
  const { t } = useTranslation("inspector");
  if (!(ADDITIONAL_PROPERTY_FLAG in schema)) return children;
  return (
    <div className={style["named"]} data-entry>
      <TextInput
        aria-label={t("key")}
        id={`${id}-key`}
        key={label}
        defaultValue={label}
        onFocus={(event) => event.target.select()}
        onBlur={onKeyRenameBlur}
      />
      {children}
      <IconButton
        isSmall
        label={t("remove", { name: label })}
        data-removes
        onClick={(event) => {
          stayNear(event.currentTarget);
          onRemoveProperty();
        }}
      >
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  );
}

export function ObjectFieldTemplate(props: ObjectFieldTemplateProps) {
  const { t } = useTranslation("inspector");
  const schema = props.schema as FormSchema;
  const fields = schema.properties ?? {};
  const values = isObject(props.formData) ? props.formData : {};
  const contents = new Map(props.properties.map((each) => [each.name, each.content]));
  const shown = [...contents.keys()].filter(
    (name) => name in values || isShown(fields[name], values, fields),
  );
  const { path } = props.fieldPathId;
  const isRoot = path.length === 0;
  const canAdd = typeof schema.additionalProperties === "object";
  return (
    <div className={isRoot ? style["form"] : style["group"]}>
      {groupsOf(shown, fields).map(([name, names]) =>
        name === "" ? (
          names.map((each) => contents.get(each))
        ) : (
          <Section key={name} name={name} path={path} names={names} values={values}>
            {() => names.map((each) => contents.get(each))}
          </Section>
        ),
      )}
      {canAdd && (
        <Button
          isSmall
          data-adds
          onClick={(event) => {
            enterNew(event.currentTarget);
            props.onAddProperty();
          }}
        >
          <Plus size={14} aria-hidden />
          {t("add")}
        </Button>
      )}
    </div>
  );
}

/** Fields under one heading: folded until somebody opens it, or one of them has a fault. */
function Section({
  name,
  path,
  names,
  values,
  children,
}: {
  name: string;
  path: (string | number)[];
  names: string[];
  values: Record<string, unknown>;
  children: () => ReactNode;
}) {
  const form = useForm();
  const [isOpen, setOpen] = useState(false);
  const isWrong = names.some((each) => faultsWithin(form, [...path, each]).length > 0);
  const filled = names.filter((each) => values[each] !== undefined).length;
  const isShown = isOpen || isWrong;
  return (
    <section className={style["section"]}>
      <h3>
        <button
          type="button"
          className={style["sectionHead"]}
          aria-expanded={isShown}
          onClick={() => setOpen(!isShown)}
        >
          {name}
          {filled > 0 && <span className={style["count"]}>{filled}</span>}
        </button>
      </h3>
      {isShown && <div className={style["form"]}>{children()}</div>}
    </section>
  );
}

export function ArrayFieldTemplate(props: ArrayFieldTemplateProps) {
  const { t } = useTranslation("inspector");
  const { items, canAdd, onAddClick, title } = props;
  const { maxItems } = props.schema;
  return (
    <div className={style["list"]}>
      {items}
      {canAdd !== false && (maxItems === undefined || items.length < maxItems) && (
        <Button
          isSmall
          data-adds
          aria-label={t("addTo", { name: title })}
          onClick={(event) => {
            enterNew(event.currentTarget);
            onAddClick();
          }}
        >
          <Plus size={14} aria-hidden />
          {t("add")}
        </Button>
      )}
    </div>
  );
}

/** A button that is disabled, or whose event the library is given, would lose the keyboard. */
export function ArrayFieldItemTemplate({
  children,
  buttonsProps,
  index,
  totalItems,
}: ArrayFieldItemTemplateProps) {
  const { t } = useTranslation("inspector");
  const title = buttonsProps.schema.title ?? "";
  const name = t("entry", { name: title, number: index + 1 }).trim();
  return (
    <fieldset className={style["entry"]} data-entry>
      <legend>{name}</legend>
      <div className={style["entryTools"]}>
        <IconButton
          isSmall
          label={t("moveUp", { name })}
          aria-disabled={index === 0}
          onClick={() => index === 0 || buttonsProps.onMoveUpItem()}
        >
          <ArrowUp size={14} aria-hidden />
        </IconButton>
        <IconButton
          isSmall
          label={t("moveDown", { name })}
          aria-disabled={index === totalItems - 1}
          onClick={() => index === totalItems - 1 || buttonsProps.onMoveDownItem()}
        >
          <ArrowDown size={14} aria-hidden />
        </IconButton>
        <IconButton
          isSmall
          label={t("remove", { name })}
          data-removes
          onClick={(event) => {
            stayNear(event.currentTarget);
            buttonsProps.onRemoveItem();
          }}
        >
          <X size={14} aria-hidden />
        </IconButton>
      </div>
      {children}
    </fieldset>
  );
}
