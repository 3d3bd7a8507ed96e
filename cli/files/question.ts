import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Broom } from './broom.ts'
import { GuestReaderFailedError, guestFailure } from './errors.ts'
import type { User } from './guest-user.ts'
import { tailOf } from './tail.ts'

const MEMORY = '256M' // of the kernel; xfs and btrfs of some TiB take less
const MOST_NOTES = 10_100 // more than the script ever says

export interface Machine {
  files: readonly string[]
  user: User | undefined
  signal: AbortSignal
}

/** Boots the kernel, asks, and ends it. As `Guest.ask`. */
export const ask = async <T>(
  broom: Broom,
  linux: string,
  { files, user, signal }: Machine,
  words: readonly string[],
  take: (data: Readable) => Promise<T>,
): Promise<{ answer: T; notes: string[] }> => {
  signal.throwIfAborted()
  const { folder } = broom
  await writeFile(join(folder, 'request'), words.map(word => `${word}\0`).join(''), { mode: 0o644 })
  const child = broom.watch(
    spawn(
      linux,
      [
        ...files.map((file, i) => `ubd${i.toString(16)}r=${file}`),
        ...['rootfstype=hostfs', 'rootflags=/', 'ro', `mem=${MEMORY}`],
        // The first serial line carries data, the second what the script says; the console goes to standard error.
        ...['con=null', 'con0=null,fd:2', 'ssl=null', 'ssl0=null,fd:3', 'ssl1=null,fd:4'],
        ...[`uml_dir=${folder}/uml/`, 'umid=guest', `init=${folder}/inside.sh`],
        `XENKEEP_DIR=${folder}`,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
        detached: true,
        env: { HOME: folder, TMPDIR: '/tmp' },
        ...user,
      },
    ),
  )
  const [, , , data, status] = child.stdio as unknown as [null, null, Readable, Readable, Readable]
  const said = tailOf(child.stderr)
  const end = () => endGroup(child)
  signal.addEventListener('abort', end)
  try {
    const taken = take(data)
    taken.catch(end)
    const heard = await listen(status, end)
    const answer = await taken
    signal.throwIfAborted()
    if (heard.failure) throw guestFailure(heard.failure.code, heard.failure.text)
    if (!heard.done) throw new GuestReaderFailedError(`it ended too early: ${said().slice(-300)}`)
    return { answer, notes: heard.notes }
  } finally {
    signal.removeEventListener('abort', end)
    end()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

/** Its helper processes are of the same group. */
const endGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

interface Heard {
  done: boolean
  notes: string[]
  failure: { code: string; text: string } | undefined
}

/** @param end the script has said all, and waits to be ended */
const listen = async (status: Readable, end: () => void): Promise<Heard> => {
  const heard: Heard = { done: false, notes: [], failure: undefined }
  for await (const line of createInterface({ input: status })) {
    const [, word, text = ''] = /^(\w+) ?(.*)$/.exec(line) ?? []
    if (word === 'note' && heard.notes.length < MOST_NOTES) heard.notes.push(text)
    if (word === 'failed') {
      const [, code = '', rest = ''] = /^(\w+) ?(.*)$/.exec(text) ?? []
      heard.failure = { code, text: rest }
    }
    if (word === 'done') heard.done = true
    if (word === 'done' || word === 'failed') end()
  }
  return heard
}
