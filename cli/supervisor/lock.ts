import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
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
 * Takes the data directory for this process. The lock is SQLite's exclusive one, so it is the kernel's: it ends with the
 * process, however that ends, and two starts at the same moment cannot both get it.
 * @param path of the lock file; its directory is made when it is missing
 * @returns a function that lets go
 * @throws `ALREADY_RUNNING`
 */
export const lockDirectory = async (path: string, pid: number): Promise<() => void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, '', { flag: 'a', mode: 0o600 })
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch {
    database.close()
    const holder = await readFile(`${path}.pid`, 'utf8').catch(() => undefined)
    throw new AlreadyRunningError(dirname(path), holder?.trim())
  }
  await writeFile(`${path}.pid`, `${pid}\n`, { mode: 0o600 })
  return () => database.close()
}
