import { type RestoreRequest, restoreTree } from '#file-tree/restore/restore-tree.ts'
import type { TreeSource } from '#file-tree/tree-source.ts'

/** Nobody has a name here. */
export const nobodyHere = { user: async () => undefined, group: async () => undefined }

/** Restores all of it by numbers, where a test says nothing else. */
export const restoreHere = (
  source: TreeSource,
  target: string,
  more: Partial<RestoreRequest> = {},
) =>
  restoreTree(source, {
    target,
    onExisting: 'fail',
    owners: { by: 'id' },
    selection: {},
    people: nobodyHere,
    ...more,
  })
