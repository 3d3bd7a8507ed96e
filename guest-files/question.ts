import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Broom } from './broom.ts'
import { GuestReaderFailedError, guestFailure } from './errors.ts'
import type { User } from './guest-user.ts'
import { memoryFolder } from './memory-folder.ts'
import { tailOf } from './tail.ts'

const MEMORY = '256M' // of the kernel; xfs and btrfs of some TiB take less
const MOST_NOTES = 10_100 // more than the script ever says
const MOST_NOTED = 32 * 1024 * 1024 // characters of all of them
const LONGEST = 64 * 1024 // characters of a line; a path has 4,096 bytes, escaped by tar

export interface Machine {
  files: readonly string[]
  user: User | undefined
  signal: AbortSignal
  /** Of its own beside others at the same time. */
  name: string
}

/** Boots the kernel, asks, and ends it. As `Guest.ask`. */
export const ask = async <T>(
  broom: Broom,
  linux: string,
  { files, user, signal, name }: Machine,
  words: readonly string[],
  take: (data: Readable) => Promise<T>,
): Promise<{ answer: T; notes: string[] }> => {
  signal.throwIfAborted()
  const { folder } = broom
  const request = join(folder, `${name}.request`)
  await writeFile(request, words.map(word => `${word}\0`).join(''), { mode: 0o644 })
  const memory = await memoryFolder()
  const child = broom.watch(
    spawn(
      '/bin/sh',
      [
        ...['-c', NO_DUMP, linux],
        ...files.map((file, i) => `ubd${i.toString(16)}r=${file}`),
        ...['rootfstype=hostfs', 'rootflags=/', 'ro', `mem=${MEMORY}`],
        // The first serial line carries data, the second what the script says; the console goes to standard error.
        ...['con=null', 'con0=null,fd:2', 'ssl=null', 'ssl0=null,fd:3', 'ssl1=null,fd:4'],
        ...[`uml_dir=${folder}/uml/`, `umid=${name}`, `init=${folder}/inside.sh`],
        `XENKEEP_REQUEST=${request}`,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
        detached: true,
        env: { HOME: folder, TMPDIR: memory },
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
    await rm(request, { force: true })
  }
}

/** A kernel that dies of what it reads would leave all that it read in a file. */
const NO_DUMP = 'ulimit -c 0; exec "$0" "$@"'

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
  let noted = 0
  for await (const line of lines(status)) {
    const [, word, text = ''] = /^(\w+) ?(.*)$/.exec(line) ?? []
    if (word === 'note' && heard.notes.length < MOST_NOTES && noted < MOST_NOTED) {
      heard.notes.push(text)
      noted += text.length
    }
    if (word === 'failed') {
      const [, code = '', rest = ''] = /^(\w+) ?(.*)$/.exec(text) ?? []
      heard.failure = { code, text: rest }
    }
    if (word === 'done') heard.done = true
    if (word === 'done' || word === 'failed') end()
  }
  return heard
}

/** Each is cut at `LONGEST`: a kernel that was taken over may never end one. */
const lines = async function* (data: Readable): AsyncGenerator<string> {
  data.setEncoding('utf8')
  let rest = ''
  for await (const piece of data as AsyncIterable<string>) {
    const [begin = '', ...more] = piece.split('\n')
    rest = (rest + begin).slice(0, LONGEST)
    for (const next of more) {
      yield rest
      rest = next.slice(0, LONGEST)
    }
  }
  if (rest !== '') yield rest
}
