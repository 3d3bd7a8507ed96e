/** What became of some entries; outcomes add up. */
export interface Outcome {
  files: number
  folders: number
  links: number
  /** second and later names of files */
  hardLinks: number
  devices: number
  /** of files that were written */
  bytes: number
  /** were there already, as in the point */
  whole: number
  /** were there, something else, and were left alone */
  kept: number
  replaced: number
  failed: Failure[]
  leftOut: LeftOut[]
}

/** An entry that was not restored. */
export interface Failure {
  path: string
  /** of one of our errors, or the system's: `EACCES` */
  code: string
  /** half a sentence */
  why: string
  /** its data in the repository is damaged or lost */
  damaged?: true
}

/** Something of entries that were restored, told once for each kind. */
export interface LeftOut {
  what: Kind
  /** half a sentence */
  why: string
  count: number
  /** the first path */
  example: string
}

export type Kind =
  | 'owner'
  | 'set-user-id and set-group-id bits'
  | 'mode'
  | 'ACL'
  | 'capabilities'
  | 'extended attributes'
  | 'times'
  | 'socket'
  | 'device or pipe'
  | 'state of one moment'

export const noOutcome = (): Outcome => ({
  files: 0,
  folders: 0,
  links: 0,
  hardLinks: 0,
  devices: 0,
  bytes: 0,
  whole: 0,
  kept: 0,
  replaced: 0,
  failed: [],
  leftOut: [],
})

const COUNTS = [
  ...['files', 'folders', 'links', 'hardLinks', 'devices', 'bytes', 'whole', 'kept', 'replaced'],
] as readonly Exclude<keyof Outcome, 'failed' | 'leftOut'>[]

/** Adds `more` to `sum`. */
export const add = (sum: Outcome, more: Outcome): void => {
  for (const count of COUNTS) sum[count] += more[count]
  sum.failed.push(...more.failed)
  for (const each of more.leftOut) leaveOut(sum, each)
}

/** Notes what is left out, once for each kind and reason. */
export const leaveOut = (sum: Outcome, { what, why, count, example }: LeftOut): void => {
  const known = sum.leftOut.find(each => each.what === what && each.why === why)
  if (known) known.count += count
  else sum.leftOut.push({ what, why, count, example })
}
