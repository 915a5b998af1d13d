/* Messages that say something about others: reactions, edits and deletions. */

/* Of these a chat shows nothing of its own: they change the message they are about. */
export const CHANGES = ["reaction", "edit", "revoke"];

/* What was changed, by the message it is about. */
export function changesOf(messages) {
  const about = new Map();
  const of = (id) => about.get(id) ?? about.set(id, {}).get(id);
  for (const message of messages) {
    const content = message.content ?? {};
    if (message.type === "reaction" && arrived(message)) {
      const reactions = (of(content.message_id).reactions ??= {});
      if (content.emoji) reactions[message.from] = content.emoji;
      else delete reactions[message.from];
    } else if (message.type === "edit") {
      of(content.original_message_id).edited = content.message;
    } else if (message.type === "revoke") {
      of(content.original_message_id).isRevoked = true;
    }
  }
  return about;
}

/* It is on the phone. */
export const arrived = (message) => message.from === "person" || ["delivered", "read", "played"].includes(message.status);
