export default {
  offline: {
    title: "The engine cannot be reached",
    cause: "The request did not come through.",
    cure: "It is tried again as soon as the connection is back.",
  },
  ours: {
    title: "The page has made a mistake",
    cure: "Reload it; what was saved is not lost.",
  },
};
