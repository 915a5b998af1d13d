import { Braces, Code } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../shared/ui/Button";
import { useForm } from "../form/context";
import style from "../inspector.module.css";
import type { ExpressionHandle } from "./ExpressionEditor";
import { Picker } from "./Picker";
import { PlainText, type Caret } from "./PlainText";
import { asExpression, isExpression } from "./tokens";

const ExpressionEditor = lazy(() => import("./ExpressionEditor"));

interface Props {
  id: string;
  value: string;
  hint: string;
  isMultiline: boolean;
  isInvalid: boolean;
  isRequired?: boolean;
  /** It comes while somebody types, and takes the keyboard. */
  isTaken?: boolean;
  onChange: (value: string) => void;
}

/** A text field that takes expressions: typed, or chosen from what earlier steps give. */
export function ExpressionText({
  id,
  value,
  hint,
  isMultiline,
  isInvalid,
  isRequired = false,
  isTaken = false,
  onChange,
}: Props) {
  const { t } = useTranslation("inspector");
  const { upstream, isAlone = false } = useForm();
  const [isSourceShown, setSourceShown] = useState(false);
  const handle = useRef<ExpressionHandle>(null);
  const caret = useRef<Caret>(null);
  const insert = (path: string) => {
    if (handle.current === null) onChange(value + asExpression(path));
    else handle.current.insert(path);
  };
  return (
    <div className={style["withTools"]}>
      <Suspense
        fallback={
          <div className={style["editor"]} data-multiline={isMultiline} data-loading>
            <PlainText
              value={value}
              isMultiline={isMultiline}
              labelledBy={`${id}-label`}
              describedBy={`${id}-help`}
              isTaken={isTaken}
              left={caret}
              onChange={onChange}
            />
          </div>
        }
      >
        <ExpressionEditor
          value={value}
          upstream={upstream}
          isMultiline={isMultiline}
          isSourceShown={isSourceShown}
          hint={hint}
          labelledBy={`${id}-label`}
          describedBy={`${id}-help`}
          isInvalid={isInvalid}
          isRequired={isRequired}
          isTaken={isTaken}
          caret={caret}
          handle={handle}
          onChange={onChange}
        />
      </Suspense>
      <div className={style["tools"]}>
        {!isAlone && (
          <Picker onPick={insert}>
            <IconButton isSmall label={t("insertValue")}>
              <Braces size={14} aria-hidden />
            </IconButton>
          </Picker>
        )}
        {isExpression(value) && (
          <IconButton
            isSmall
            label={t(isSourceShown ? "showChips" : "showSource")}
            aria-pressed={isSourceShown}
            onClick={() => setSourceShown(!isSourceShown)}
          >
            <Code size={14} aria-hidden />
          </IconButton>
        )}
      </div>
    </div>
  );
}
