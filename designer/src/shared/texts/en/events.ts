export default {
  title: "Events",
  empty: {
    title: "No events that no flow took",
    text: "What a service tells and no flow takes is kept here.",
  },
};
