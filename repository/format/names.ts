import { ULID, ulidTime } from './ulid.ts'

/** Names of objects; docs/repository-format.md, section 1. */
export const PREFIX = {
  repo: 'repo/',
  keys: 'keys/',
  retired: 'keys/retired/',
  data: 'packs/',
  meta: 'meta/',
  index: 'index/',
  points: 'points/',
  intents: 'intents/',
  parts: 'parts/',
  verify: 'verify/',
  lost: 'lost/',
  proofs: 'proofs/',
  gc: 'gc/',
  clock: 'gc/clock/',
  move: 'gc/move/',
  moved: 'gc/moved/',
} as const

export type PackKind = 'data' | 'meta'

const DAY = 24 * 60 * 60 * 1000

/** @returns the ISO 8601 week in UTC, `2026-47`. A week belongs to the year of its Thursday. */
export const isoWeek = (time: number): string => {
  const weekday = (new Date(time).getUTCDay() + 6) % 7
  const thursday = new Date(time + (3 - weekday) * DAY)
  const year = thursday.getUTCFullYear()
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY))
  return `${String(year).padStart(4, '0')}-${String(week).padStart(2, '0')}`
}

const eightDigits = (n: number) => String(n).padStart(8, '0')

export const bootstrapName = (n: number): string => `${PREFIX.repo}${eightDigits(n)}`
export const slotName = (n: number, slot: string): string =>
  `${PREFIX.keys}${eightDigits(n)}.${slot}`
export const retirementName = (n: number): string => `${PREFIX.retired}${eightDigits(n)}`
export const packName = (kind: PackKind, ulid: string): string =>
  `${PREFIX[kind]}${isoWeek(ulidTime(ulid))}/${ulid}`
export const segmentName = (ulid: string): string => `${PREFIX.index}${ulid}`
export const pointName = (vmTag: string, ulid: string): string => `${PREFIX.points}${vmTag}/${ulid}`
export const verificationName = (ulid: string): string => `${PREFIX.verify}${ulid}`
export const damageListName = (ulid: string): string => `${PREFIX.lost}${ulid}`
export const proofName = (point: string, ulid: string): string => `${PREFIX.proofs}${point}/${ulid}`
export const intentName = (jobId: string, ulid: string): string =>
  `${PREFIX.intents}${jobId}/${ulid}`

export const checkpointsOf = (jobId: string): string => `${PREFIX.parts}${jobId}/`
export const checkpointName = (jobId: string, n: number): string =>
  `${checkpointsOf(jobId)}${eightDigits(n)}`

/** Steps of one epoch of the garbage collector, in their order. */
export type Stage = 'plan' | 'sweep' | 'verdict' | 'done'

export const stageName = (stage: Stage, epoch: number): string =>
  `${PREFIX.gc}${stage}/${eightDigits(epoch)}`

/** A rewrite of packs: announced, and done (or given up). */
export type MoveStage = 'move' | 'moved'

export const moveName = (stage: MoveStage, n: number): string => `${PREFIX[stage]}${eightDigits(n)}`

/** An object that is made only to see the time stamp that the store gives it. */
export const clockName = (ulid: string): string => `${PREFIX.clock}${ulid}`

/** @returns the number of `repo/<n>`, or `undefined` for another name */
export const parseBootstrapName = (key: string): number | undefined => {
  const digits = /^repo\/([0-9]{8})$/.exec(key)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** What stands after `keys/`: number and kind. */
export const SLOT_NAME = /^([0-9]{8})\.([0-9a-z]+)$/

export const parseSlotName = (key: string): { n: number; slot: string } | undefined => {
  const found = key.startsWith(PREFIX.keys) && SLOT_NAME.exec(key.slice(PREFIX.keys.length))
  return found ? { n: Number(found[1]), slot: found[2] as string } : undefined
}

/** @returns the number of `keys/retired/<n>`, or `undefined` for another name */
export const parseRetirementName = (key: string): number | undefined => {
  const digits = /^keys\/retired\/([0-9]{8})$/.exec(key)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** @returns `undefined` when `key` is not just where a pack of this ulid belongs */
export const parsePackName = (key: string): { kind: PackKind; ulid: string } | undefined => {
  const ulid = key.slice(-26)
  if (!ULID.test(ulid)) return undefined
  for (const kind of ['data', 'meta'] as const)
    if (key === packName(kind, ulid)) return { kind, ulid }
  return undefined
}

const ulidBelow = (prefix: string, key: string): string | undefined => {
  const ulid = key.slice(prefix.length)
  return key.startsWith(prefix) && ULID.test(ulid) ? ulid : undefined
}

export const parseSegmentName = (key: string): string | undefined => ulidBelow(PREFIX.index, key)

export const parseVerificationName = (key: string): string | undefined =>
  ulidBelow(PREFIX.verify, key)
export const parseDamageListName = (key: string): string | undefined => ulidBelow(PREFIX.lost, key)

export const parsePointName = (key: string): { vmTag: string; ulid: string } | undefined => {
  const found = /^points\/([0-9a-f]{32})\/([0-9A-Z]{26})$/.exec(key)
  return found && ULID.test(found[2] as string)
    ? { vmTag: found[1] as string, ulid: found[2] as string }
    : undefined
}

export const parseProofName = (key: string): { point: string; ulid: string } | undefined => {
  const found = /^proofs\/([0-9A-Z]{26})\/([0-9A-Z]{26})$/.exec(key)
  return found && ULID.test(found[1] as string) && ULID.test(found[2] as string)
    ? { point: found[1] as string, ulid: found[2] as string }
    : undefined
}

export const parseIntentName = (key: string): { job: string; ulid: string } | undefined => {
  const found = /^intents\/([0-9A-Z]{26})\/([0-9A-Z]{26})$/.exec(key)
  return found && ULID.test(found[1] as string) && ULID.test(found[2] as string)
    ? { job: found[1] as string, ulid: found[2] as string }
    : undefined
}

export const parseCheckpointName = (key: string): { job: string; n: number } | undefined => {
  const found = /^parts\/([0-9A-Z]{26})\/([0-9]{8})$/.exec(key)
  return found && ULID.test(found[1] as string)
    ? { job: found[1] as string, n: Number(found[2]) }
    : undefined
}

export const parseStageName = (key: string): { stage: Stage; epoch: number } | undefined => {
  const found = /^gc\/(plan|sweep|verdict|done)\/([0-9]{8})$/.exec(key)
  return found ? { stage: found[1] as Stage, epoch: Number(found[2]) } : undefined
}

export const parseMoveName = (key: string): { stage: MoveStage; n: number } | undefined => {
  const found = /^gc\/(move|moved)\/([0-9]{8})$/.exec(key)
  return found ? { stage: found[1] as MoveStage, n: Number(found[2]) } : undefined
}
