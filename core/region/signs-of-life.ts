/** What each region writes of itself, also while it stands by. Times are its own, in ms since 1970. */
export interface SignOfLife {
  at: number
  /** When it was heard again after it had been away; left out once it has listened. */
  back?: number
}

/** How regions hear of each other; read together, because each leans on the others. ms */
const HEARING = {
  /** A sign is written when the last one is older; the clocks of the cloud tick each minute. */
  every: 55_000,
  /** A region whose own last sign is older was away: ten ticks were missed. */
  away: 10 * 60_000,
  /** So long it listens at most: the others' next sign is due within a minute, and comes with a lag of seconds. */
  listens: 3 * 60_000,
}

/**
 * Whether a region that was away has to listen yet: somebody may have taken over meanwhile, and the catalog here may not tell it. It has heard when a sign arrives that
 * another region wrote after it was back: what came before that is here by then, but for single items that overtake each other. Where none comes the others are away, too.
 */
export const isListening = (
  own: SignOfLife | undefined,
  others: readonly SignOfLife[],
  now: number,
): boolean => {
  if (!own) return false // it begins
  if (now - own.at > HEARING.away) return true
  const { back } = own
  if (back === undefined || now - back >= HEARING.listens) return false
  return !others.some(({ at }) => at > back)
}

/** @returns the sign to write now; `undefined` where the last one is young enough */
export const nextSign = (
  own: SignOfLife | undefined,
  others: readonly SignOfLife[],
  now: number,
): SignOfLife | undefined => {
  if (own && now - own.at < HEARING.every) return undefined
  if (own && now - own.at > HEARING.away) return { at: now, back: now }
  const stillListens = own?.back !== undefined && isListening(own, others, now)
  return { at: now, ...(stillListens && { back: own.back }) }
}
