import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { EntryEncoder } from '#file-tree/entry-encoder.ts'
import { newRepository } from '#test/support/repository/open.ts'
import { backUpStreams } from '#test/support/repository/streams.ts'
import type { MemoryTree } from './tree-of-folder.ts'

/** A repository in memory with one point that holds a tree, each file in chunks of its own. */
export const storedTree = async (tree: MemoryTree) => {
  const store = memoryObjectStore()
  const { repository, jobId, reopen } = await newRepository(store)
  const encoder = new EntryEncoder()
  for (const entry of tree.list) encoder.add(entry)
  const entries = Buffer.concat([encoder.take(), encoder.end()])
  const { point } = await backUpStreams(repository, {
    jobId: jobId(),
    streams: {
      'files/content': async stream => {
        for (const { data } of tree.list) {
          if (!data) continue
          await stream.write(tree.bytes.subarray(data.offset, data.offset + data.length))
          await stream.cut()
        }
      },
      'files/entries': entries,
    },
  })
  return { store, repository, point, reopen }
}
