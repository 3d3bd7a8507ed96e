import { resolve } from 'node:path'
import type { Repository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { formatBytes, formatDuration, formatRate } from '../output/units.ts'
import { stoppable } from '../stoppable.ts'
import { findDisk, findPoint } from './find-point.ts'
import { type RepositoryOptions, withRepository } from './open.ts'
import { writeOutput } from './output-file.ts'
import { byteProgress } from './progress.ts'
import { writeSparse, writeStream } from './write-raw.ts'

export interface ExportOptions extends RepositoryOptions {
  output: string
  format: 'raw'
  disk?: string
  force?: true
}

/** Writes a disk of a point to a file, or to standard output (`-`). */
export const exportPoint = (
  session: Session,
  wanted: string,
  options: ExportOptions,
): Promise<ExitCode> => {
  if (options.output === '-' && session.json)
    throw new UsageError('With -o - standard output holds the disk; it cannot hold JSON too.')
  return stoppable(session.host, signal =>
    withRepository(session, options, async repository => {
      await exportRaw(session, { repository, wanted, options, signal })
      return ExitCode.ok
    }),
  )
}

interface Export {
  repository: Repository
  wanted: string
  options: ExportOptions
  signal: AbortSignal
}

const exportRaw = async (
  { host, json }: Session,
  { repository, wanted, options, signal }: Export,
): Promise<void> => {
  const described = await findPoint(repository, wanted)
  const { point } = described
  const disk = findDisk(described, options.disk)
  const extents = repository.readDisk(point, disk.id, { signal })
  if (options.output === '-') {
    await writeStream(host.stdout as NodeJS.WritableStream, extents, signal)
    return
  }
  const start = host.now()
  const progress = byteProgress(host, json, disk.size)
  const path = resolve(options.output)
  await writeOutput(path, { force: options.force === true }, file =>
    writeSparse(file, disk.size, extents, progress.update),
  ).finally(progress.end)
  const seconds = (host.now() - start) / 1000
  const { format } = options
  if (json)
    printJson(host, {
      event: 'exported',
      point: point.id,
      disk: disk.id,
      format,
      file: path,
      size: disk.size,
      seconds,
    })
  else
    print(
      host,
      `${quoted(disk.name)} as of point ${point.id}: ${formatBytes(disk.size)} in ${safeText(path)}.`,
      `  ${formatDuration(seconds)} (${formatRate(disk.size / seconds)}); every byte was compared with its checksum.`,
    )
}
