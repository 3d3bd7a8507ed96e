import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A write that has not come through by then stands still, in ms. */
const STILL_MS = 400

export interface LoopDisk {
  mount: string
  /** Whether a write stands still there. Whoever asks leaves a process that waits until it is thawed. */
  isFrozen(): Promise<boolean>
  end(): Promise<void>
}

/**
 * A file system of its own in a file, mounted. It takes root. Something that writes to a frozen one waits beyond any limit, and cannot be killed: a process
 * of its own thaws it, whatever becomes of the test.
 * @param within folder for the file; a new one unless told
 */
export const loopDisk = async (
  type: 'ext4' | 'xfs',
  {
    within,
    netMs = 60_000,
    mib = type === 'xfs' ? 24 : 16,
  }: { within?: string; netMs?: number; mib?: number } = {},
): Promise<LoopDisk> => {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-loop-'))
  const image = join(within ?? folder, `${type}.img`)
  const mount = join(folder, 'mount')
  await mkdir(mount)
  await writeFile(image, '')
  await truncate(image, mib * 1024 * 1024)
  if (type === 'xfs') await run('mkfs.xfs', ['-q', '-f', '--unsupported', image])
  else await run('mkfs.ext4', ['-q', '-F', image])
  await run('mount', ['-o', 'loop', image, mount])
  const net = spawn(
    'sh',
    [
      '-c',
      'sleep "$1"; while fsfreeze -u "$2" 2>/dev/null; do sleep 1; done',
      'sh',
      `${netMs / 1_000}`,
      mount,
    ],
    { detached: true, stdio: 'ignore' },
  )
  net.unref()
  const thaw = () => run('fsfreeze', ['-u', mount]).catch(() => undefined)
  return {
    mount,
    isFrozen: async () => {
      const writer = spawn('sh', ['-c', 'date > "$1"', 'sh', join(mount, `probe-${Date.now()}`)], {
        ...{ cwd: '/', stdio: 'ignore', detached: true },
      })
      writer.unref()
      const came = new Promise<boolean>(resolve => writer.once('exit', () => resolve(false)))
      return Promise.race([came, sleep(STILL_MS).then(() => true)])
    },
    async end() {
      await thaw()
      for (let attempt = 0; attempt < 50; attempt++)
        try {
          await run('umount', [mount])
          break
        } catch {
          await thaw()
          await sleep(100) // a writer that was let go has not ended yet
        }
      if (net.pid !== undefined)
        try {
          process.kill(-net.pid, 'SIGKILL')
        } catch {}
      await rm(folder, { recursive: true, force: true })
    },
  }
}
