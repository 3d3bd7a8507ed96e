import type { RecoveryKit } from '#repository/index.ts'
import { type Host, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { writePrivateFile } from './private-file.ts'

/**
 * Writes a recovery kit to the file that was asked for. The key works already and is known to nobody else, so a disk that is full or
 * not there must not take the only copy along.
 * @returns the file it is in; `undefined` where it has to be shown: none was asked for, or it cannot be written
 */
export const kitInFile = async (
  host: Host,
  kit: RecoveryKit,
  file: string | undefined,
): Promise<string | undefined> => {
  if (!file) return undefined
  try {
    await writePrivateFile(file, kit.text)
    return file
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    tell(
      host,
      `The recovery kit could not be written to ${safeText(file)} (${why}), so it is shown instead. Copy it now: it is not shown again.`,
    )
    return undefined
  }
}
