import { existsSync, rmSync } from 'node:fs'
import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XenkeepError } from '#core/errors/base.ts'
import { formatBytes } from '../output/units.ts'

/** What the demo may use at most, as measured at its end too. */
export const DEMO_BYTES = 600 * 1024 * 1024

/** The demo needs more room than there is in the temporary directory. */
class DemoDiskError extends XenkeepError {
  readonly code = 'DEMO_DISK_FULL'
  constructor(folder: string, free: number) {
    super(
      `The demo needs ${formatBytes(DEMO_BYTES)} of disk in ${folder}, and only ${formatBytes(free)} are free there.`,
      {
        advice: 'Free some space, or name another directory with the environment variable TMPDIR.',
      },
    )
  }
}

/**
 * Makes a temporary directory that is gone when this process ends, however it ends (but for kill -9).
 * @throws `DEMO_DISK_FULL`
 */
export const makeWorkspace = async (): Promise<{ path: string; remove: () => void }> => {
  const { bavail, bsize } = await statfs(tmpdir())
  if (bavail * bsize < DEMO_BYTES) throw new DemoDiskError(tmpdir(), bavail * bsize)
  const path = await mkdtemp(join(tmpdir(), 'xenkeep-demo-'))
  const remove = () => {
    if (existsSync(path)) rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', remove)
  return { path, remove }
}
