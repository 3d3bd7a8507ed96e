import type { Entry } from '../entry.ts'
import type { RawText } from '../raw-text.ts'

/** What to do where something stands already that is not what the point has. */
export type OnExisting = 'fail' | 'keep' | 'replace'

/**
 * How an entry comes to its name.
 * - `direct`: its folder was made by this restore and nobody else has business there
 * - `add`: under another name first, then under its own unless something stands there meanwhile
 * - `replace`: under another name first, then in the place of what stands there
 */
export type Way = 'direct' | 'add' | 'replace'

/** An entry that is to be made, with owners as they are here. */
export interface Item {
  entry: Entry
  way: Way
  /** What is there has to go first: left by an earlier attempt. */
  stale: boolean
  /** New files here belong to whoever runs this, and to no group but theirs. */
  ownerKnown: boolean
  /** It may have access lists that the entry knows nothing of: inherited from a folder that was there before, or its own from before. */
  foreignLists: boolean
  /** Of a hard link: the first path that was restored. */
  first?: RawText
}

/** What is found out about an entry before anything of it is read from the repository. */
export type Decision =
  /** to be made */
  | { item: Item }
  /** a folder that gets its attributes when everything in it is there */
  | { folder: Item }
  /** nothing more to do; `kept`: something else is there */
  | 'whole'
  | 'kept'
  | 'failed'

/** The name of what is being written, where it may not have its own yet; the same in each attempt, so that nothing is left over. */
export const PARTIAL = '.xenkeep-partial-'
