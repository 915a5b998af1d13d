import {
  FileText,
  Image,
  List,
  MapPin,
  Mic,
  SquareArrowOutUpRight,
  User,
  Video,
} from "lucide-react";

import type { Schemas } from "../../shared/api/client";
import style from "../inspector.module.css";

type Part = Schemas["PreviewPart"];

const MEDIA = {
  image: Image,
  video: Video,
  audio: Mic,
  document: FileText,
  location: MapPin,
  contact: User,
} as const;

/** What the person will see, part by part. */
export function Bubble({ parts }: { parts: Part[] }) {
  const inside = parts.filter(({ kind }) => kind !== "button" && kind !== "choice");
  const buttons = parts.filter(({ kind }) => kind === "button" || kind === "choice");
  return (
    <div className={style["bubble"]}>
      <div className={style["bubbleText"]}>
        {inside.map((part, at) => (
          <BubblePart key={at} part={part} />
        ))}
      </div>
      {buttons.map((part, at) => (
        <div key={at} className={style["bubbleButton"]}>
          {part.kind === "choice" ? <List size={14} aria-hidden /> : null}
          {part.link !== "" ? <SquareArrowOutUpRight size={14} aria-hidden /> : null}
          {part.text}
        </div>
      ))}
    </div>
  );
}

function BubblePart({ part }: { part: Part }) {
  const Icon = part.kind in MEDIA ? MEDIA[part.kind as keyof typeof MEDIA] : undefined;
  if (part.kind === "card") return <Bubble parts={part.parts} />;
  if (Icon !== undefined) {
    return (
      <p className={style["bubbleMedia"]}>
        <Icon size={20} aria-hidden />
        <span>{part.text || part.link || part.kind}</span>
      </p>
    );
  }
  return <p data-kind={part.kind}>{part.text}</p>;
}
