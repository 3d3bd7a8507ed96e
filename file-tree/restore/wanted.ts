import type { Entry } from '../entry.ts'
import { type SelectionRequest, select, selectionOf } from '../selection.ts'
import type { TreeSource } from '../tree-source.ts'
import { HardLinks } from './hard-links.ts'

/** @returns entries that are wanted, and the folders above them; a later name of a file whose first name is not wanted stands for the file itself */
export async function* wantedOf(
  source: TreeSource,
  request: SelectionRequest,
): AsyncGenerator<Entry[]> {
  const links = new HardLinks()
  const groups = select(source.entries(), selectionOf(request), entry => links.absent(entry))
  for await (const group of groups) yield group.map(entry => links.resolve(entry) ?? entry)
}
