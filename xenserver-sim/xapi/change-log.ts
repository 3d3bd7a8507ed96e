import type { Database, Operation } from './database.ts'
import type { ClassName, Ref } from './records/index.ts'

/** One object's newest state since a generation; what happened in between is merged. */
export interface MergedChange {
  readonly className: ClassName
  readonly ref: Ref
  readonly operation: Operation
  readonly generation: number
}

export interface ChangeLog {
  /** Changes after `since`, in the order of an event batch: add, mod, del. */
  since(generation: number): MergedChange[]
}

// XAPI remembers between 256 and 512 deletions per class; older ones show only in valid_ref_counts.
const DELETIONS_KEPT = 512

interface Stamp {
  created: number
  modified: number
}

/** Remembers when each object was created, last changed and deleted. */
export const createChangeLog = (database: Database): ChangeLog => {
  const stamps = new Map<ClassName, Map<Ref, Stamp>>()
  const deletions = new Map<ClassName, { ref: Ref; created: number; deleted: number }[]>()

  database.onChange(({ className, ref, operation, generation }) => {
    const rows = stamps.get(className) ?? new Map<Ref, Stamp>()
    stamps.set(className, rows)
    const stamp = rows.get(ref)
    if (operation === 'add') rows.set(ref, { created: generation, modified: generation })
    else if (operation === 'mod' && stamp) stamp.modified = generation
    else if (operation === 'del') {
      rows.delete(ref)
      const kept = deletions.get(className) ?? []
      kept.push({ ref, created: stamp?.created ?? 0, deleted: generation })
      if (kept.length > DELETIONS_KEPT) kept.splice(0, kept.length - DELETIONS_KEPT / 2)
      deletions.set(className, kept)
    }
  })

  return {
    since: generation => {
      const added: MergedChange[] = []
      const modified: MergedChange[] = []
      const deleted: MergedChange[] = []
      for (const [className, rows] of stamps)
        for (const [ref, stamp] of rows)
          if (stamp.created > generation)
            added.push({ className, ref, operation: 'add', generation: stamp.modified })
          else if (stamp.modified > generation)
            modified.push({ className, ref, operation: 'mod', generation: stamp.modified })
      // What came and went after the token was never known to the caller.
      for (const [className, kept] of deletions)
        for (const { ref, created, deleted: at } of kept)
          if (at > generation && created <= generation)
            deleted.push({ className, ref, operation: 'del', generation: at })
      return [...added, ...modified, ...deleted]
    },
  }
}
