export default {
  title: "Outline of the flow",
  empty: "There is no step yet. Press + to add one.",
  again: "shown above already",
  faults_one: "{{count}} fault",
  faults_other: "{{count}} faults",
};
