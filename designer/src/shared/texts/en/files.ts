export default {
  title: "Files",
  empty: {
    title: "No files yet",
    text: "Files that flows send or fetch are kept here.",
  },
};
