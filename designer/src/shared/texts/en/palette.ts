export default {
  title: "Components",
  search: "Search components",
  none: "Nothing fits “{{search}}”.",
  trigger: "Trigger",
  action: "Action",
};
