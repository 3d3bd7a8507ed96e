import { lockForProcess } from '#adapters/system/process-lock.ts'
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
 * Takes the data directory for this process, until it ends.
 * @throws `AGENT_RUNNING`
 */
export const lockAgent = async (file: string, dataDir: string): Promise<() => void> => {
  const unlock = await lockForProcess(file)
  if (!unlock) throw new AgentRunningError(dataDir)
  return unlock
}
