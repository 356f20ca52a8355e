/** The bundle ships no types; `plotly.ts` says what the page uses of it. */
declare module "plotly.js-cartesian-dist-min";
