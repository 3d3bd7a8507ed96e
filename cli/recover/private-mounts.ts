import { spawn } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { constants } from 'node:os'
import { delimiter } from 'node:path'
import type { Host } from '../host.ts'
import { folders } from './programs.ts'

/**
 * Whether what this process mounts is seen by nobody else. Mounts of such a process go with it, however it ends, and the loop devices under them, too.
 * Told by the parent: `inPrivate` starts this program so.
 */
export const hasPrivateMounts = async (): Promise<boolean> => {
  const mine = await readlink('/proc/self/ns/mnt').catch(() => undefined)
  const parent = await readlink(`/proc/${process.ppid}/ns/mnt`).catch(() => undefined)
  return mine !== undefined && parent !== undefined && mine !== parent
}

/**
 * Runs this very command once more, with mounts of its own. It is killed when this process is.
 * @returns its exit code
 */
export const inPrivate = ({ env, onStop }: Host): Promise<number> => {
  const [program = '', main = '', ...args] = [process.execPath, ...process.argv.slice(1)]
  const row = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private']
  const [first = '', ...rest] = [...row, '--', program, ...process.execArgv, main, ...args]
  const child = spawn(first, rest, {
    stdio: 'inherit',
    env: { ...env, PATH: folders(env.PATH).join(delimiter) },
  })
  const stopListening = onStop(({ signal }) => {
    child.kill(signal === 'parent gone' ? 'SIGTERM' : signal)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    )
  }).finally(stopListening) as Promise<number>
}
