export default {
  title: "Runs",
  empty: {
    title: "No runs yet",
    text: "They appear here as soon as a flow has begun.",
  },
  started: "Started",
  flow: "Flow",
  state: "State",
  live: "Live runs",
};
