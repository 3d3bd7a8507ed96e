import type { Compacted } from '../index/compact.ts'
import type { Rewritten } from './rewrite/rewrite.ts'

/** What one run of the collector did and found. Times are the store's, in milliseconds since 1970. */
export interface CollectReport {
  storeTime: number
  /** condemned by this run; removed at the earliest after the wait */
  condemned: { packs: number; bytes: number }
  removed: { packs: number; bytes: number }
  /** condemned by an earlier run and needed, or locked, since then */
  spared: { pack: string; because: string }[]
  /** epochs that are not done, and what each waits for */
  waiting: { epoch: number; packs: number; until: number; because: string }[]
  /** packs that nothing needs and that are kept for now */
  kept: { young: number; locked: number; lockedBytes: number; lockedUntil: number | undefined }
  /** half-dead packs whose needed records are in new packs now; the next run condemns them */
  rewritten: Rewritten
  /** of the index: segments written in place of others, segments removed, entries of removed packs left out */
  index: Compacted
  /** intents of jobs that were given up, or whose points are deleted */
  intentsRemoved: number
  /** checkpoints that nobody goes on from any more */
  checkpointsRemoved: number
  /** the same in plain words */
  text: string[]
}

export const emptyReport = (storeTime: number): CollectReport => ({
  storeTime,
  condemned: { packs: 0, bytes: 0 },
  removed: { packs: 0, bytes: 0 },
  spared: [],
  waiting: [],
  kept: { young: 0, locked: 0, lockedBytes: 0, lockedUntil: undefined },
  index: { written: 0, removed: 0, dropped: 0 },
  rewritten: { packs: 0, bytes: 0, copied: 0, locked: 0 },
  intentsRemoved: 0,
  checkpointsRemoved: 0,
  text: [],
})

const MiB = 1024 * 1024

const size = (bytes: number): string => `${(bytes / MiB).toFixed(1)} MiB`
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
const time = (ms: number): string => new Date(ms).toISOString()

export const inWords = (report: Omit<CollectReport, 'text'>): string[] => {
  const {
    condemned,
    removed,
    spared,
    waiting,
    kept,
    rewritten,
    index,
    intentsRemoved,
    checkpointsRemoved,
  } = report
  const lines = [
    removed.packs > 0 && `Removed ${count(removed.packs, 'pack')} (${size(removed.bytes)}).`,
    ...spared.map(({ pack, because }) => `Spared pack ${pack}: ${because}.`),
    condemned.packs > 0 &&
      `Condemned ${count(condemned.packs, 'pack')} (${size(condemned.bytes)}) that no recovery point needs.`,
    ...waiting.map(
      ({ epoch, packs, until, because }) =>
        `Plan ${epoch} (${count(packs, 'pack')}) waits until ${time(until)}: ${because}.`,
    ),
    kept.young > 0 &&
      `Kept ${count(kept.young, 'pack')} that no recovery point needs yet: too young, a running backup may have sent them.`,
    kept.lockedUntil !== undefined &&
      `Kept ${count(kept.locked, 'pack')} (${size(kept.lockedBytes)}) that no recovery point needs: locked, the first until ${time(kept.lockedUntil)}.`,
    rewritten.packs > 0 &&
      `Rewrote ${count(rewritten.packs, 'pack')} (${size(rewritten.bytes)}) of which little was needed: ${size(rewritten.copied)} went to new packs, the old ones are condemned next time.`,
    rewritten.locked > 0 &&
      `Left ${count(rewritten.locked, 'pack')} as ${rewritten.locked === 1 ? 'it is' : 'they are'}, of which little is needed: locked.`,
    rewritten.problem !== undefined &&
      `Rewrote no pack, since not all maps can be read: ${rewritten.problem}`,
    index.removed > 0 &&
      `Made ${count(index.written, 'index segment')} of ${index.removed}, without ${count(index.dropped, 'pack')} that ${index.dropped === 1 ? 'is' : 'are'} gone.`,
    intentsRemoved > 0 && `Cleared away ${count(intentsRemoved, 'intent')} of jobs that are over.`,
    checkpointsRemoved > 0 &&
      `Cleared away ${count(checkpointsRemoved, 'checkpoint')} of jobs that are over.`,
  ].filter(line => line !== false)
  return lines.length > 0 ? lines : ['Nothing to collect: a recovery point needs every pack.']
}
