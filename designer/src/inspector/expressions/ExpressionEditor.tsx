/** A text with expressions in it as chips; the source can be seen and typed as well. */

import {
  autocompletion,
  closeCompletion,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { Annotation, Compartment, EditorState, Prec, type Extension } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  keymap,
  MatchDecorator,
  placeholder,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type ViewUpdate,
} from "@codemirror/view";
import {
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  type Ref,
  type RefObject,
} from "react";

import { nonce } from "../../shared/nonce";
import style from "../inspector.module.css";
import type { Caret } from "./PlainText";
import { sampleText } from "./sample";
import { asExpression, wordsFor } from "./tokens";
import type { Output, Upstream } from "./upstream";

export interface ExpressionHandle {
  insert: (path: string) => void;
  focus: () => void;
}

export interface EditorProps {
  value: string;
  upstream: Upstream;
  isMultiline: boolean;
  isSourceShown: boolean;
  hint: string;
  labelledBy: string;
  describedBy: string;
  isInvalid: boolean;
  isRequired: boolean;
  isTaken: boolean;
  /** Where somebody was typing before it came. */
  caret: RefObject<Caret>;
  handle?: Ref<ExpressionHandle>;
  onChange: (value: string) => void;
}

// It tests the flow wherever one types.
const ownKeymap = defaultKeymap.filter(({ key }) => key !== "Mod-Enter");
const outside = Annotation.define<boolean>();

class Chip extends WidgetType {
  constructor(
    readonly words: string,
    readonly source: string,
  ) {
    super();
  }

  override eq(other: Chip): boolean {
    return other.words === this.words && other.source === this.source;
  }

  override toDOM(): HTMLElement {
    const chip = document.createElement("span");
    chip.className = style["chip"] ?? "";
    chip.textContent = this.words;
    chip.title = this.source;
    return chip;
  }
}

function chips(titles: ReadonlyMap<string, string>): Extension {
  const found = new MatchDecorator({
    regexp: /\{\{([\s\S]*?)\}\}/g,
    decoration: ([, source = ""]) =>
      Decoration.replace({ widget: new Chip(wordsFor(source.trim(), titles), source.trim()) }),
  });
  const plugin = ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = found.createDeco(view);
      }
      update(update: ViewUpdate): void {
        this.decorations = found.updateDeco(update, this.decorations);
      }
    },
    {
      decorations: ({ decorations }) => decorations,
      provide: (given) =>
        EditorView.atomicRanges.of((view) => view.plugin(given)?.decorations ?? Decoration.none),
    },
  );
  return plugin;
}

function completions(upstream: Upstream) {
  const options = upstream.steps.flatMap(({ outputs }) => outputs.flatMap(flat));
  return (context: CompletionContext): CompletionResult | null => {
    const typed = context.matchBefore(/\{\{?\s*[\w.[\]]*$/);
    if (typed === null) return null;
    return {
      from: typed.from,
      filter: false,
      options: options
        .filter(({ path }) =>
          path.toLowerCase().includes(typed.text.replace(/^\{\{?\s*/, "").toLowerCase()),
        )
        .slice(0, 50)
        .map(({ path, sample }) => ({
          label: upstream.titles.get(path) ?? path,
          detail: sampleText(sample),
          apply: asExpression(path),
        })),
    };
  };
}

function flat(output: Output): Output[] {
  return [output, ...output.children.flatMap(flat)];
}

export default function ExpressionEditor(props: EditorProps) {
  const { value, upstream, isMultiline, isSourceShown, handle, onChange } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const drawn = useRef(new Compartment());
  const tell = useEffectEvent(onChange);
  const drawing = (): Extension => [
    isSourceShown ? [] : chips(upstream.titles),
    autocompletion({ override: [completions(upstream)], icons: false }),
  ];
  const draw = useEffectEvent(drawing);
  const attributes = {
    role: "textbox",
    "aria-labelledby": props.labelledBy,
    "aria-describedby": props.describedBy,
    "aria-multiline": String(isMultiline),
    "aria-invalid": String(props.isInvalid),
    "aria-required": String(props.isRequired),
  };
  const shown = useRef(new Compartment());
  const firstly = useEffectEvent(() => ({
    value,
    hint: props.hint,
    attributes,
    caret: props.caret.current ?? (props.isTaken ? { anchor: value.length } : null),
  }));

  // The keyboard goes to the fields of a form as soon as it is drawn: so they are there by then.
  useLayoutEffect(() => {
    if (place.current === null) return;
    const first = firstly();
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: first.value,
        selection: first.caret ?? { anchor: 0 },
        extensions: [
          EditorView.cspNonce.of(nonce()),
          history(),
          // Escape closes the list only; Enter and Tab belong to the page in a single line.
          Prec.highest(keymap.of([{ key: "Escape", run: closeCompletion }])),
          keymap.of([...completionKeymap, ...historyKeymap, ...ownKeymap]),
          placeholder(first.hint),
          isMultiline ? EditorView.lineWrapping : oneLine,
          shown.current.of(EditorView.contentAttributes.of(first.attributes)),
          drawn.current.of(draw()),
          EditorView.updateListener.of((update) => {
            const isOurs = update.transactions.some((each) => each.annotation(outside));
            if (update.docChanged && !isOurs) tell(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    if (first.caret !== null) editor.focus();
    return () => editor.destroy();
  }, [isMultiline]);

  useEffect(() => {
    view.current?.dispatch({ effects: drawn.current.reconfigure(draw()) });
  }, [isSourceShown, upstream]);

  useEffect(() => {
    const { attributes: now } = firstly();
    view.current?.dispatch({
      effects: shown.current.reconfigure(EditorView.contentAttributes.of(now)),
    });
  }, [props.isInvalid, props.labelledBy, props.describedBy]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      annotations: outside.of(true),
    });
  }, [value]);

  useImperativeHandle(handle, () => ({
    insert: (path) => {
      const editor = view.current;
      if (editor === null) return;
      editor.dispatch(editor.state.replaceSelection(asExpression(path)));
      editor.focus();
    },
    focus: () => view.current?.focus(),
  }));

  return <div ref={place} className={style["editor"]} data-multiline={isMultiline} />;
}

/** What is pasted into a single line becomes one, and Enter makes no second. */
const oneLine: Extension = [
  EditorView.clipboardInputFilter.of((text) => {
    const lines = text.split(/\r\n?|\n/);
    if (lines.length === 1) return text;
    return lines
      .map((line) => line.trim())
      .filter(Boolean)
      .join(" ");
  }),
  EditorState.transactionFilter.of((transaction) =>
    transaction.docChanged && transaction.newDoc.lines > 1 ? [] : transaction,
  ),
];
