import type { ReplicaAge } from '../contracts/replicas-api.ts'
import type { Replica } from './replica.ts'
import { ago, rhythmText } from './replica-line.ts'

/**
 * How the age of the newest state stands.
 * @param newest recovery point of the VM; none where it has none
 */
export const ageOf = (
  { phase, standby, everySeconds, last }: Replica,
  newest: { pointId: string; taken: number } | undefined,
  now: number,
): ReplicaAge => {
  if (!standby) return { state: 'empty', text: 'It holds nothing yet.' }
  const age = `Its newest state is ${ago(now - standby.taken)} old`
  if (phase !== 'standing-by')
    return { state: 'no-rounds', text: `${age}; no rounds are begun as it stands.` }
  if (!newest || newest.pointId <= standby.pointId)
    return { state: 'newest', text: `${age}; there is no newer recovery point.` }
  const every = `a round is due every ${rhythmText(everySeconds)}`
  const tooLong = 2 * everySeconds * 1_000
  const goesWell = last?.ok && now - last.ended <= tooLong
  if (goesWell || now - standby.taken <= tooLong)
    return { state: 'in-time', text: `${age}; ${every}, and the next brings a newer one.` }
  const point = `the newest recovery point is ${ago(now - newest.taken)} old`
  return { state: 'behind', text: `${age}, although ${every} and ${point}.` }
}

export const isTroubled = (
  replica: Replica,
  newest: Parameters<typeof ageOf>[1],
  now: number,
): boolean => replica.last?.ok === false || ageOf(replica, newest, now).state === 'behind'
