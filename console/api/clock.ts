/** Whole seconds and the way of the answer are no difference worth minding, ms. */
const TOLERANCE_MS = 30_000

let ahead = 0

/** Hears what time it is at the control plane, by the `Date` of its answer (RFC 9110, 6.6.1). */
export const hearTime = (headers: Headers): void => {
  const there = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(there)) return
  const difference = there - Date.now()
  ahead = Math.abs(difference) > TOLERANCE_MS ? difference : 0
}

/** What time it is, ms since 1970: that of the control plane, which says when things were and are to be. The clock of a browser may be wrong by hours. */
export const timeNow = (): number => Date.now() + ahead
