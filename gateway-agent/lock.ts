import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { XenkeepError } from '#core/errors/base.ts'

/** A second agent with the same identity would take the snapshots of the first for leftovers. */
class AgentRunningError extends XenkeepError {
  readonly code = 'AGENT_RUNNING'
  constructor(dataDir: string) {
    super(`A gateway agent runs on the data directory ${dataDir} already.`, {
      advice: 'Use that one, stop it first, or name another --data directory.',
    })
  }
}

/**
 * Takes the data directory for this process, by SQLite's exclusive lock: it is the kernel's and ends with the process, however
 * that ends.
 * @throws `AGENT_RUNNING`
 */
export const lockAgent = async (file: string, dataDir: string): Promise<() => void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch {
    database.close()
    throw new AgentRunningError(dataDir)
  }
  return () => database.close()
}
