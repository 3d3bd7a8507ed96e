import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lockForProcess } from '#adapters/system/process-lock.ts'
import { XenkeepError } from '#core/errors/base.ts'

/** A second `xenkeep up` on the same data directory. */
export class AlreadyRunningError extends XenkeepError {
  readonly code = 'ALREADY_RUNNING'
  constructor(dataDir: string, pid: string | undefined) {
    super(
      `XenKeep is running on the data directory ${dataDir} already${pid ? ` (process ${pid})` : ''}.`,
      {
        advice:
          'Use that one, stop it first (Ctrl-C where it runs), or name another --data directory.',
      },
    )
  }
}

/**
 * Takes the data directory for this process, until it ends.
 * @param path of the lock file; its directory is made when it is missing
 * @returns a function that lets go
 * @throws `ALREADY_RUNNING`
 */
export const lockDirectory = async (path: string, pid: number): Promise<() => void> => {
  const unlock = await lockForProcess(path)
  if (!unlock) {
    const holder = await readFile(`${path}.pid`, 'utf8').catch(() => undefined)
    throw new AlreadyRunningError(dirname(path), holder?.trim())
  }
  await writeFile(`${path}.pid`, `${pid}\n`, { mode: 0o600 })
  return unlock
}
