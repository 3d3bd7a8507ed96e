import { captureTree, type TreeCapture } from '#file-tree/capture/capture-tree.ts'
import type { TreeOptions } from '#file-tree/capture/options.ts'
import type { Entry } from '#file-tree/entry.ts'
import { decodeEntries } from '#file-tree/entry-decoder.ts'
import type { Point } from '#repository/point.ts'
import { emptyStore, newRepository, VM } from '../repository/open.ts'
import { type CaptureHere, captureHere } from './capture-here.ts'

/** A repository of its own, and points of a tree in it, each upon the last. */
export const captureWorld = async () => {
  const { repository, jobId } = await newRepository(emptyStore())
  let base: Point | undefined

  const begin = (upon: Point | undefined) =>
    repository.beginPoint({ jobId: jobId(), vmUuid: VM, base: upon })

  const capture = async (
    options: TreeOptions,
    parts: CaptureHere = {},
    more: Partial<TreeCapture> = {},
    beginWith = begin,
  ) => {
    const point = await beginWith(base)
    const start = captureHere(parts)
    const from = { point, repository, base, name: 'tree', options, start, ...more }
    const report = await captureTree(from)
    const before = { ...point.statistics }
    base = await point.commit({})
    const made = base
    const decoded = decodeEntries(repository.readStream(made, 'tree/entries'))
    const entries = new Map((await Array.fromAsync(decoded)).flat().map(e => [e.path, e] as const))
    return { report, entries, point: made, statistics: before, contentOf: contentOf(made, entries) }
  }

  /** @returns what a file holds, holes as zeros */
  const contentOf = (point: Point, entries: ReadonlyMap<string, Entry>) => async (path: string) => {
    const entry = entries.get(path)
    if (!entry) throw new Error(`the point has no ${path}`)
    const whole = Buffer.alloc(entry.size)
    const { offset = 0, length = 0 } = entry.data ?? {}
    const parts: Uint8Array[] = []
    if (length > 0)
      for await (const bytes of repository.readStream(point, 'tree/content', { offset, length }))
        parts.push(bytes)
    const data = Buffer.concat(parts)
    let read = 0
    let at = 0
    for (const [start, hole] of [...(entry.holes ?? []), [entry.size, 0] as const]) {
      data.copy(whole, at, read, read + start - at)
      read += start - at
      at = start + hole
    }
    if (read !== data.length) throw new Error(`${path}: ${data.length - read} bytes too many`)
    return whole
  }

  return { repository, begin, capture }
}
