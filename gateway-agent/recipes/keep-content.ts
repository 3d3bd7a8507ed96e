import { countText } from '#core/count-text.ts'
import type { GuestComponentSubject } from '#core/points/component-subject.ts'
import { captureTree } from '#file-tree/capture/capture-tree.ts'
import type { Told, TreeReport } from '#file-tree/capture/report.ts'
import type { Point, PointWriter, Repository } from '#repository/index.ts'
import type { JobContext } from '../control/leased-job.ts'
import type { Keeper } from './content.ts'

/** What went into a point, for its commit record. */
export interface KeptContent {
  keeper: Keeper
  streams: GuestComponentSubject['streams']
  trees: GuestComponentSubject['trees']
  notes: string[]
  bytesRead(): number
}

export interface KeepingOptions {
  writer: PointWriter
  repository: Repository
  /** Begun with it: what did not change in a tree since is taken over unread. */
  base: Point | undefined
  /** Files that look unchanged are read all the same. */
  reread: boolean
  context: JobContext
}

/** Puts what steps capture into the point that is being written. */
export const keepContent = (options: KeepingOptions): KeptContent => {
  const { writer, repository, base, reread, context } = options
  const kept: Omit<KeptContent, 'keeper' | 'bytesRead'> = { streams: [], trees: [], notes: [] }
  let bytesRead = 0
  const tell = (more: number): void => {
    const { storedBytes: bytesStored } = writer.statistics
    context.report({ bytesRead: bytesRead + more, bytesStored })
  }
  return {
    ...kept,
    bytesRead: () => bytesRead,
    keeper: {
      stream: async (name, bytes, step) => {
        const stream = await writer.stream({ streamId: name })
        for await (const part of bytes) {
          context.signal.throwIfAborted()
          await stream.write(part)
          bytesRead += part.length
          tell(0)
        }
        const { size } = await stream.finish()
        kept.streams.push({ name, size, step })
      },
      tree: async ({ as: name, ...chosen }, signal) => {
        const report = await captureTree({
          ...{ point: writer, repository, base, name, signal },
          options: { ...chosen, reread },
          onProgress: ({ bytes }) => tell(bytes),
        })
        bytesRead += report.read.bytes
        kept.trees.push(recordOf(name, chosen.root, report))
        kept.notes.push(...notesOn(name, report))
        return `${countText(report.files, 'file')}, ${report.kept.files} of them unchanged, ${countText(report.folders, 'folder')}`
      },
    },
  }
}

const recordOf = (name: string, root: string, report: TreeReport) => ({
  ...{ name, root, files: report.files, directories: report.folders, bytes: report.bytes },
  unchanged: report.kept.files,
  changing: report.changedWhileRead.count,
  unreadable: report.unreadable.count,
})

/** What an administrator should know of a tree, one sentence each. */
const notesOn = (name: string, report: TreeReport): string[] => {
  const told = (what: string, { count, first }: Told): string[] => {
    const [example] = first
    if (count === 0 || !example) return []
    return [
      `Tree ${name}: ${countText(count, 'file')} ${what}, as ${example.path} (${example.reason}).`,
    ]
  }
  return [
    ...told('could not be read', report.unreadable),
    ...told('changed while read', report.changedWhileRead),
    ...told('left out because of the size', report.tooLarge),
    ...told('lost attributes', report.attributesLost),
    ...(report.otherFileSystems.count > 0
      ? [
          `Tree ${name}: ${countText(report.otherFileSystems.count, 'file system')} mounted below it left out, as ${report.otherFileSystems.first[0]?.path}.`,
        ]
      : []),
    ...(report.lacking.length > 0
      ? [`Tree ${name}: this machine cannot keep ${report.lacking.join(', ')}.`]
      : []),
    ...report.notes.map(note => `Tree ${name}: ${note}`),
  ]
}
