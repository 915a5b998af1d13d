import "./shared/ui/theme.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { Tooltip } from "radix-ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queryClient } from "./shared/api/queries";
import { nonce } from "./shared/nonce";
import { startTexts } from "./shared/texts";
import { Toasts } from "./shared/ui/toasts";
import { Shell } from "./shell/Shell";
import { applyTheme } from "./shell/theme";

setNonce(nonce());
applyTheme();
// Dialogs keep the page behind them from scrolling by a style of their own.
await startTexts();
const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider delayDuration={400}>
        <Shell />
        <Toasts />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
