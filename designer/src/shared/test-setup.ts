/** What modules read of the browser when they are loaded. */
Object.assign(globalThis, { window: { location: { origin: "http://127.0.0.1:8321" } } });
