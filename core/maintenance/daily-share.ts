/**
 * What the daily verification reads of the packs in the cloud, unless somebody has said otherwise: everything once a year. What a gateway outside of AWS reads costs
 * 0.09 USD a GB; the sixteenth part that is read on one machine, where it costs nothing, would be seven times the price of the storage.
 */
export const CLOUD_SHARE = 1 / 365
