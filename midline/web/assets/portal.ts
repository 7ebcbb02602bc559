/** What every page loads: styles, htmx and the small behaviours. Pages work without it; this makes them smooth. */
import "./portal.css";
import "./htmx.ts";
import { startDialogs } from "./dialog.ts";
import { startForms } from "./forms.ts";
import { startGoTo } from "./goto.ts";
import { startKeys } from "./keys.ts";
import { startLive } from "./live.ts";
import { startOffline } from "./offline.ts";
import { startPopovers } from "./popover.ts";
import { startRows } from "./rows.ts";
import { startSharing } from "./sharing.ts";
import { startTheme } from "./theme.ts";
import { startTimes } from "./times.ts";
import { startToasts } from "./toast.ts";

startTheme();
startPopovers();
startDialogs();
startForms();
startRows();
startSharing();
startKeys();
startGoTo();
startToasts();
startTimes();
startOffline();
startLive();
