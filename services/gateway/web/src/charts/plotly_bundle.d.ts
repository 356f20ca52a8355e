/** The bundles ship no types; `plotly.ts` says what the page uses of them. */
declare module "plotly.js-cartesian-dist-min";
declare module "plotly.js-strict-dist-min";
