import { Option } from 'commander'
import { action, type Program } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { quoted } from '../../output/safe-text.ts'
import type { ImportOptions } from '../../repo/import-image.ts'
import { lockPolicy } from '../arguments.ts'
import { newRepoCommand } from './new-repo-command.ts'

/**
 * `xenkeep repo import-image FILE`. JSON lines: `progress` {done, total}; at last `imported` {point, base, size, bytesRead,
 * bytesResumed, bytesNew, bytesStored, puts, seconds, …}, all sizes in bytes.
 */
export const importImageCommand = (program: Program) =>
  newRepoCommand('import-image', 'store a raw disk image as a recovery point', [
    'xenkeep repo import-image disk.raw --name disk --repository file:/srv/backups',
    'xenkeep repo import-image disk.raw --name disk --changed disk.cbt --repository file:/srv/backups',
  ])
    .argument('<file>', 'raw disk image')
    .requiredOption('--name <name>', 'what its recovery points are found by')
    .option(
      '--changed <file>',
      "bitmap (base64) of the blocks of 64 KiB changed since the name's latest point; only they are read",
    )
    .option(
      '--resume',
      'go on with an import of this name that was cut off, if the file is as it was then',
    )
    .option(
      '--lock <mode:days>',
      'lock the point, as in governance:30; a store that cannot gets no point',
      lockPolicy,
    )
    .option('--chunk-size <size>', '64K to 4M, a power of two (default: 1M)', chunkSize)
    .addOption(
      new Option('--compression <level>', 'zstd level: 1 is faster, 3 stores less')
        .choices(['1', '3'])
        .argParser(level),
    )
    .action(
      action(program, async (session, file: string, options: ImportOptions) => {
        const { importImage } = await import('../../repo/import-image.ts')
        return importImage(session, file, options)
      }),
    )

const KiB = 1024

const chunkSize = (text: string): number => {
  const [, digits, unit] = /^(\d{1,7})([KM]?)(?:iB)?$/i.exec(text) ?? []
  const scale = { '': 1, K: KiB, M: KiB * KiB }[(unit ?? '').toUpperCase()] as number
  const bytes = Number(digits) * scale
  const isPowerOfTwo = Number.isInteger(Math.log2(bytes))
  if (!isPowerOfTwo || bytes < 64 * KiB || bytes > 4 * KiB * KiB)
    throw new UsageError(`${quoted(text)} is no chunk size: a power of two from 64K to 4M.`)
  return bytes
}

const level = (text: string): number => {
  if (text !== '1' && text !== '3') throw new UsageError('The compression level is 1 or 3.')
  return Number(text)
}
