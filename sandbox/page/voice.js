/* Voice notes: recorded with the microphone where there is one, a sample where there is none. */

import { button, icon } from "./dom.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const TYPES = ["audio/ogg;codecs=opus", "audio/mp4", "audio/webm;codecs=opus"];
const MAX_MS = 5 * 60 * 1000;

export function createRecorder(phone, sendFile) {
  let recording = null;

  async function press() {
    if (recording) return recording.stop();
    const stream = await microphone();
    if (!stream) {
      toast(t("No microphone here: a sample voice note is sent."));
      await phone.write({ type: "audio", audio: { voice: true } });
      return;
    }
    recording = new MediaRecorder(stream, { mimeType: TYPES.find((type) => MediaRecorder.isTypeSupported(type)) });
    const parts = [];
    recording.ondataavailable = (event) => parts.push(event.data);
    recording.onstop = async () => {
      const { mimeType } = recording;
      recording = null;
      show(false);
      for (const track of stream.getTracks()) track.stop();
      await sendFile(new Blob(parts, { type: mimeType }), "audio", { voice: true });
    };
    recording.start();
    setTimeout(() => recording?.stop(), MAX_MS);
    show(true);
  }

  const control = button(t("Record a voice note"), press, { class: "quiet round mic", "aria-pressed": "false" }, icon("mic"));

  function show(isOn) {
    control.setAttribute("aria-pressed", String(isOn));
    control.setAttribute("aria-label", isOn ? t("Stop and send the voice note") : t("Record a voice note"));
  }

  return { button: control };
}

async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    // Not allowed, not there, or a page without a secure origin: all the same here.
    return null;
  }
}
