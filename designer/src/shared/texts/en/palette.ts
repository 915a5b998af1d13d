export default {
  title: "Components",
  outline: "Outline",
  search: "Search components",
  none: "Nothing fits “{{search}}”.",
  trigger: "Trigger",
  action: "Action",
};
