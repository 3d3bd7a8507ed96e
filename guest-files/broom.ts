import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GuestReaderFailedError } from './errors.ts'

/** A directory, mounts below it and processes, all gone when this process is: also when it is killed. */
export interface Broom {
  folder: string
  /** @returns the process, the leader of a group that ends with the directory */
  watch: (child: ChildProcess) => ChildProcess
  /** Ends the processes, unmounts, removes. May be called again. */
  sweep: () => Promise<void>
}

/** Waits until nobody holds its standard input any more. Of its own session: a key on the terminal does not reach it. What a supervisor sends to all processes is passed over. */
const SCRIPT = `trap '' HUP INT TERM
cat >/dev/null
for pid in "$1"/pids/*; do kill -KILL -"\${pid##*/}"; done
# One that was begun and not written down any more; nobody else names this directory.
for found in $(grep -lsF -- "$1/" /proc/[0-9]*/cmdline); do
  pid=\${found#/proc/} pid=\${pid%/cmdline}
  [ "$pid" = $$ ] || kill -KILL "$pid"
done
for mount in "$1"/[0-9]*; do
  # What is mounted there answers no more: whether it is a directory cannot be asked.
  umount -l "$mount" || fusermount3 -uz "$mount"
done
rm -rf --one-file-system "$1"`

/** @throws `GUEST_READER_FAILED` */
export const newBroom = async (): Promise<Broom> => {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-files-'))
  await mkdir(join(folder, 'pids'))
  const sweeper = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const swept = once(sweeper, 'close')
  swept.catch(() => undefined)
  await once(sweeper, 'spawn').catch(async error => {
    await rm(folder, { recursive: true })
    throw new GuestReaderFailedError(`no process can be started: ${error.message}`)
  })
  return {
    folder,
    watch: child => {
      // One that cannot be started (no process or memory left) says nothing and has an exit code; it must not end the agent.
      child.on('error', () => undefined)
      if (child.pid === undefined) return child
      const known = join(folder, 'pids', String(child.pid))
      writeFileSync(known, '')
      // Its number may soon be that of somebody else.
      child.once('exit', () => rmSync(known, { force: true }))
      return child
    },
    sweep: async () => {
      sweeper.stdin?.end()
      await swept
    },
  }
}
