import { textsOf } from "../shared/texts";
import { Sign } from "../shared/ui/Sign";
import { useDrawn } from "./drawn";
import style from "./runs.module.css";

/** How a step fared in the run that is drawn; it is drawn anew only when that changes. */
export function StepState({ id }: { id: string }) {
  const drawn = useDrawn((state) => state.steps[id]);
  if (drawn === undefined) return null;
  const times = drawn.count > 1 ? textsOf("runs")("times", { number: drawn.count }) : "";
  return (
    <span className={style["badge"]}>
      <Sign state={drawn.state} more={times} />
    </span>
  );
}
