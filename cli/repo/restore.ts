import { mkdir, readdir, rm, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type DescribedPoint, describedSize, disksOf } from '#core/points/described-point.ts'
import type { Point } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes, formatDuration } from '../output/units.ts'
import { stoppable } from '../stoppable.ts'
import { findPoint } from './find-point.ts'
import { oneDisk, oneStream } from './formats.ts'
import { type RepositoryOptions, withDisksOf } from './open.ts'
import { asOutputError, OutputUnwritableError, writeOutput } from './output-file.ts'
import { byteProgress } from './progress.ts'

export interface RestoreOptions extends RepositoryOptions {
  format: 'raw' | 'vhd'
}

/** What describes the point; written last, so that where it is, all is. */
const METADATA = 'point.json'

/** Writes every disk and stream of a point and its metadata into a directory. What fails leaves nothing. */
export const restore = (
  session: Session,
  wanted: string,
  directory: string,
  options: RestoreOptions,
): Promise<ExitCode> =>
  stoppable(session.host, signal =>
    withDisksOf(session, options, async repository => {
      const { host, json } = session
      const start = host.now()
      const described = await findPoint(repository, wanted)
      const folder = resolve(directory)
      const isNew = await prepare(folder)
      const { streams } = described.point
      const total = streams.reduce(
        (sum, { size }) => sum + size,
        describedSize(described, undefined),
      )
      const progress = byteProgress(host, json, total)
      const files: Written[] = []
      let before = 0
      try {
        for (const disk of disksOf(described)) {
          const onProgress = (done: number) => progress.update(before + done)
          const asked = { repository, described, signal, onProgress, now: start }
          const more = { disk: disk.id, checksum: 'xxhash' as const }
          const format = described.kind === 'component' ? 'raw' : options.format
          const source = await oneDisk(format, { ...asked, ...more }, disk)
          const file =
            described.kind === 'component'
              ? disk.id
              : `disk-${disk.device || disk.id}.${options.format}`
          await writeOutput(join(folder, file), { force: false }, source.write)
          files.push({ disk: disk.id, file })
          before += disk.size
        }
        for (const [number, stream] of streams.entries()) {
          const onProgress = (done: number) => progress.update(before + done)
          const source = oneStream({ repository, described, signal, onProgress }, stream)
          // Names of streams may have slashes in them; the metadata tell which is which.
          const file = `stream-${number}.bin`
          await writeOutput(join(folder, file), { force: false }, source.write)
          files.push({ stream: stream.id, file })
          before += stream.size
        }
        const text = `${JSON.stringify(metadataOf(described, files), null, 2)}\n`
        await writeOutput(join(folder, METADATA), { force: false }, file => file.writeFile(text))
      } catch (error) {
        for (const { file } of files) await rm(join(folder, file), { force: true })
        if (isNew) await rmdir(folder)
        throw error
      } finally {
        progress.end()
      }
      const seconds = (host.now() - start) / 1000
      if (json)
        printJson(host, {
          event: 'restored',
          point: described.point.id,
          directory: folder,
          files: [...files.map(({ file }) => file), METADATA],
          size: total,
          seconds,
        })
      else
        print(
          host,
          `Point ${described.point.id} is in ${safeText(folder)}: ${heldBy(described.point)}, ${formatBytes(total)}, in ${formatDuration(seconds)}.`,
          `  ${METADATA} describes it; every byte was compared with its checksum.`,
        )
      return ExitCode.ok
    }),
  )

interface Written {
  disk?: string
  stream?: string
  file: string
}

const heldBy = ({ disks, streams }: Point): string =>
  [
    ...(disks.length > 0 || streams.length === 0 ? [count(disks.length, 'disk')] : []),
    ...(streams.length > 0 ? [count(streams.length, 'stream')] : []),
  ].join(' and ')

/** @returns whether the directory was made */
const prepare = async (folder: string): Promise<boolean> => {
  try {
    const made = (await mkdir(folder, { recursive: true })) !== undefined
    if ((await readdir(folder)).length > 0)
      throw new OutputUnwritableError(folder, 'the directory is not empty')
    return made
  } catch (error) {
    throw asOutputError(folder, error)
  }
}

const metadataOf = ({ point, name, taken }: DescribedPoint<Point>, files: readonly Written[]) => ({
  point: point.id,
  name,
  vmUuid: point.vmUuid,
  taken: new Date(taken).toISOString(),
  disks: point.disks.map(({ id, size, chunkSize, rootHash }) => ({
    id,
    file: files.find(({ disk }) => disk === id)?.file,
    size,
    chunkSize,
    rootHash,
  })),
  ...(point.streams.length > 0 && {
    streams: point.streams.map(({ id, size, chunks, rootHash }) => ({
      id,
      file: files.find(({ stream }) => stream === id)?.file,
      size,
      chunks,
      rootHash,
    })),
  }),
  subject: point.subject,
})
