/* Past forecasts: each at the time that it was for, so that one sees whether it was right, and what became of them in
 * words. */
import { duration, percent, plural } from "./base.js";

/* For each time, the row whose forecast was for it: the newest of those that are a horizon older. Both in ascending
 * order; rows without a horizon had no forecast. null: there is none that is at most slack_ms older than that. */
export function rowsExpecting(times, rows, slackMs) {
  const made = rows.filter(({ horizon_ms }) => horizon_ms > 0);
  let at = -1;
  return times.map((time) => {
    while (at + 1 < made.length && made[at + 1].time_ms + made[at + 1].horizon_ms <= time) at++;
    return at >= 0 && time - made[at].time_ms - made[at].horizon_ms <= slackMs ? made[at] : null;
  });
}

const price = (value) => value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
/* As the condition forecast-trusted judges them. */
const SCORED_MIN = 20, COVERAGE_MIN = 0.75, PRICE_SMALL = 0.02, PRICE_RATIO_MAX = 2;
function coverageText({ scored, coverage, confidence }) {
  const share = `${percent(coverage)} of past outcomes were within the interval of their forecast, which should hold ` +
    percent(confidence);
  if (scored < SCORED_MIN) return `${share}. Only ${plural(scored, "outcome")} known so far.`;
  return coverage < COVERAGE_MIN ? `${share}: the forecasts promise too much.` : `${share}.`;
}
function priceText({ promised_price: promised, paid_price: paid }) {
  const both = `Sized for them, nodes and time above high together cost ${price(paid)} mean fleets`;
  if (paid > PRICE_SMALL && paid > PRICE_RATIO_MAX * promised)
    return `${both}: more than twice the ${price(promised)} that were promised.`;
  return `${both}; ${price(promised)} were promised.`;
}
/* Of a group's forecast in the collector's form; what is there to see in the chart is not repeated. */
export function qualityText(forecast) {
  if (!forecast) return "";
  const by = `Forecasts are for ${duration(forecast.within_ms)} ahead (forecaster: ${forecast.forecaster}).`;
  if (forecast.coverage == null) return `${by} None of them has been scored so far.`;
  return `${by} ${coverageText(forecast)} ${priceText(forecast)}`;
}
