/** The nonce with which parts of libraries may add style elements to this page. */
export function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

/** The name under which dialogs and menus look for it. */
export function offerNonce(): void {
  Object.assign(window, { __webpack_nonce__: nonce() });
}
