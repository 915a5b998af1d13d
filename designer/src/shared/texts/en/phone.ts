export default {
  source: "the phone: its next message",
  waiting: "Write on the phone",
  writeBeside: "On the phone beside, write what “{{trigger}}” is to hear.",
  writeHere: "On the phone here, write what “{{trigger}}” is to hear.",
  others: "Flows that run get it as well, as ever.",
  giveUp: "Stop waiting",
  nothing: "Nothing came",
  nothingCause: "Nobody wrote anything that the trigger takes, for five minutes.",
  again: "Test once more, and write on the phone then.",
};
