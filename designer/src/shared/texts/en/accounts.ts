export default {
  title: "Accounts",
  connect: "Connect {{label}}",
  empty: {
    title: "No accounts yet",
    text: "Connect one, so that flows can use it.",
  },
  connected: "connected",
  reconnect: "Connect again",
};
