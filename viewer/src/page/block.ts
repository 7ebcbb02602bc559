/** The JSON block that the page carries for the viewer. */
import { type Plan, readPlan } from "../format/plan.ts";
import { Words } from "../format/strings.ts";

/** The plan in the page. Raises PlanError, or SyntaxError for a block that is no JSON. */
export function planInPage(): Plan {
  return readPlan(JSON.parse(document.getElementById("setup-plan")?.textContent ?? "null"));
}

/** The reader's words even when the plan beside them cannot be used. */
export function wordsInPage(): Words {
  let sent: { strings?: Record<string, string> } | null = null;
  try {
    sent = JSON.parse(document.getElementById("setup-plan")?.textContent ?? "null");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new Words(sent?.strings ?? {}, document.documentElement.lang || undefined);
}
