import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory, mounts below it and processes, all gone when this process is: also when it is killed. */
export interface Broom {
  folder: string
  /** @returns the process, the leader of a group that ends with the directory */
  watch: (child: ChildProcess) => ChildProcess
  /** Ends the processes, unmounts, removes. May be called again. */
  sweep: () => Promise<void>
}

/** Waits until nobody holds its standard input any more. Of its own session: a key on the terminal does not reach it. */
const SCRIPT = `cat >/dev/null
[ -e "$1/pids" ] && while read -r pid; do kill -KILL -"$pid"; done <"$1/pids"
for mount in "$1"/[0-9]*; do
  # What is mounted there answers no more: whether it is a directory cannot be asked.
  umount -l "$mount" || fusermount3 -uz "$mount"
done
rm -rf --one-file-system "$1"`

export const newBroom = async (): Promise<Broom> => {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-files-'))
  const sweeper = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const swept = once(sweeper, 'close')
  return {
    folder,
    watch: child => {
      if (child.pid !== undefined) appendFileSync(join(folder, 'pids'), `${child.pid}\n`)
      return child
    },
    sweep: async () => {
      sweeper.stdin?.end()
      await swept
    },
  }
}
