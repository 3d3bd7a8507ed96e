import type { ReplicatedStatus } from '../contracts/replicated-points.ts'

/** @returns whether a point could be restored from the second copy of the repository, in words; always with when that was seen */
export const replicatedText = (status: Omit<ReplicatedStatus, 'text'>): string => {
  const { place, state, asOf, missing = 0, shut } = status
  if (state === 'never-compared' || asOf === undefined) return `never compared with ${place}`
  const seen = `as of ${new Date(asOf).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  if (state === 'restorable') return `also in ${place} ${seen}`
  if (shut !== undefined)
    return `NOT in ${place}: nothing can be opened there (${shut.replace(/\.$/, '')}), ${seen}`
  if (state === 'absent') return `not yet in ${place}: it has not arrived, ${seen}`
  return `not yet in ${place}: ${missing === 1 ? '1 object is' : `${missing} objects are`} missing or unreadable, ${seen}`
}

const MINUTE = 60_000 // ms

/** @param lag in ms */
export const lagText = (lag: number): string => {
  const minutes = Math.ceil(lag / MINUTE)
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.ceil(minutes / 60)} h` : `${Math.ceil(minutes / 60 / 24)} days`
}
