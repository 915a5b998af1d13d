export default {
  title: "Administration",
};
