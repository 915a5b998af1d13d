export default {
  title: "Flows",
  new: "New flow",
  newName: "Untitled flow",
  import: "Import",
  empty: {
    title: "No flows yet",
    text: "Begin with one of the examples, or with an empty flow.",
  },
  examples: "Examples",
  use: "Use this",
  running: "running",
  stopped: "stopped",
  draft: "draft",
};
