export default {
  title: "Your first flow",
  dismiss: "Close the first steps",
  done: "done",
  seen: "Close",
  show: "Show where",
  create: "Begin an empty flow",
  goOn: "Go on with “{{name}}”",
  finished: "That was all: your flow answers by itself.",
  connect: {
    title: "Connect an account",
    text: "Flows read and write with it.",
  },
  trigger: {
    title: "Add a trigger",
    text: "Choose what the flow begins with, such as a message that comes in.",
  },
  reply: {
    title: "Add a reply",
    text: "Choose what is to be sent then, and to whom.",
  },
  start: {
    title: "Test or start",
    text: "Fill in what is missing, then start the flow, or test it first.",
  },
  write: {
    title: "Write to it",
    text: "Write something on the phone beside the flow.",
    real: "Write something to your number from a phone.",
  },
  read: {
    title: "See it arrive",
    text: "Open the run: it tells when the reply is delivered and read.",
    delivered: "The reply is delivered. Now it waits to be read on the phone.",
  },
};
