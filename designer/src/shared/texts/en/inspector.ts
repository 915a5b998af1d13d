export default {
  title: "Step",
  setup: "Setup",
  test: "Test",
  about: "About",
  none: "Choose a step to set it up.",
  account: "Account",
  noAccount: "None yet",
  gone: "This component is not installed.",
  name: "Name of the step",
};
