/**
 * What the daily verification reads of the packs in the cloud, unless somebody has said otherwise: everything once a year. What a gateway outside of AWS reads costs
 * 0.09 USD a GB; the sixteenth part that is read on one machine, where it costs nothing, would be seven times the price of the storage.
 */
export const CLOUD_SHARE = 1 / 365

/** What a verification of level 1 reads of the packs where no share is told (repository/check/). */
const USUAL_SHARE = 1 / 16
/** Days that a round may take longer than it has to: runs that did not begin, packs that came in between. */
const GRACE = 14

/**
 * Days within which all that a point needs should have been read back: as many as daily verifications of this share take for a round, and two weeks. Whoever has
 * chosen to read everything once a year is not told each day that it was not read within a month.
 * @param wish level 2 reads everything each time; it is held to what is usual
 */
export const readBackDays = ({
  level,
  share = USUAL_SHARE,
}: {
  level: number
  share?: number | undefined
}): number => Math.ceil(1 / (level === 1 ? Math.min(share, USUAL_SHARE) : USUAL_SHARE)) + GRACE
