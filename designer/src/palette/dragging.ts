/** What a component that is dragged from the palette is known by. */
export const DRAGGED = "application/x-appmixer-component";
