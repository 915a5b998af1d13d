export default {
  label: "Flow",
  fit: "Zoom to fit",
  arrange: "Arrange",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  minimap: "Map of the flow",
  empty: {
    title: "Begin with a trigger",
    text: "What is this flow to begin with? Pick a trigger on the left, or press Tab.",
  },
};
