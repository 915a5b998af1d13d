export default {
  title: "Health",
  fine: "All is well.",
};
