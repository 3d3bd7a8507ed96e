import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, chown, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { NbdExport } from '#nbd-server/exports.ts'
import { startNbdServer } from '#nbd-server/server.ts'
import { type Broom, newBroom } from './broom.ts'
import { GuestReaderFailedError, guestFailure } from './errors.ts'
import type { findTools } from './tools.ts'

/** The disks of a point, seen by a Linux kernel that runs as an ordinary process. */
export interface Guest {
  /**
   * Boots the kernel, asks one question, and ends it: about 1.5 s.
   * @param words as inside.sh describes them
   * @param take reads the answer to its end
   * @returns what `take` returned, and notes of the script
   */
  ask: <T>(
    words: readonly string[],
    take: (data: Readable) => Promise<T>,
  ) => Promise<{ answer: T; notes: string[] }>
}

const MOUNT_PATIENCE = 15_000 // ms for nbdfuse to show the disk
const MEMORY = '256M' // of the kernel; xfs and btrfs of some TiB take less
const DISKS = 16 // what this kernel can attach
const MOST_NOTES = 10_100 // more than the script ever says

/**
 * Offers the disks as files by nbdfuse, for a user-mode Linux to attach, and takes everything away again.
 * @throws `GUEST_READER_FAILED`
 */
export const withGuest = async <T>(
  exports: readonly NbdExport[],
  tools: ReturnType<typeof findTools>,
  signal: AbortSignal,
  work: (guest: Guest) => Promise<T>,
): Promise<T> => {
  if (exports.length > DISKS)
    throw new GuestReaderFailedError(`it has more than ${DISKS} disks; choose one with --disk`)
  const broom = await newBroom()
  try {
    const path = join(broom.folder, 'nbd.sock')
    const server = await startNbdServer({ listen: { path }, exports })
    try {
      const files: string[] = []
      for (const [number, disk] of exports.entries())
        files.push(await showAsFile(broom, tools.nbdfuse, { number, path, disk }, signal))
      const user = await unprivileged(broom)
      return await work({
        ask: (words, take) => ask(broom, tools['linux.uml'], { files, user, signal }, words, take),
      })
    } finally {
      // Before the server goes: whoever is left asks it in vain.
      await broom.sweep()
      await server.close()
    }
  } finally {
    await broom.sweep()
  }
}

const isRoot = () => process.getuid?.() === 0

const showAsFile = async (
  broom: Broom,
  nbdfuse: string,
  { number, path, disk }: { number: number; path: string; disk: NbdExport },
  signal: AbortSignal,
): Promise<string> => {
  const folder = join(broom.folder, String(number))
  await mkdir(folder)
  const file = join(folder, 'disk.img')
  const uri = `nbd+unix:///${encodeURIComponent(disk.names[0])}?socket=${path}`
  const options = isRoot() ? ['-o', 'allow_other'] : []
  const child = broom.watch(
    spawn(nbdfuse, ['-r', ...options, file, uri], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    }),
  )
  const said = tailOf(child.stderr)
  const patience = Date.now() + MOUNT_PATIENCE
  while (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  ) {
    signal.throwIfAborted()
    if (child.exitCode !== null || Date.now() > patience)
      throw new GuestReaderFailedError(`nbdfuse shows no disk${said() ? `: ${said()}` : ''}`)
    await sleep(20)
  }
  return file
}

/**
 * A guest's file system may be made to harm whoever reads it: root hands that work to a user that owns nothing.
 * @returns nothing where this user is an ordinary one
 */
const unprivileged = async ({
  folder,
}: Broom): Promise<{ uid: number; gid: number } | undefined> => {
  const script = join(folder, 'inside.sh')
  await copyFile(fileURLToPath(new URL('inside.sh', import.meta.url)), script)
  await chmod(script, 0o555)
  const own = join(folder, 'uml')
  await mkdir(own)
  if (!isRoot()) return undefined
  // Of the range that systemd gives to services without a user of their own.
  const uid = 61_184 + (process.pid % 4_000)
  await chown(folder, uid, uid)
  await chown(own, uid, uid)
  return { uid, gid: uid }
}

interface Machine {
  files: readonly string[]
  user: { uid: number; gid: number } | undefined
  signal: AbortSignal
}

const ask = async <T>(
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

/** The last things that a program said, for messages. */
const tailOf = (stream: Readable | null): (() => string) => {
  let text = ''
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-2000)
  })
  return () => text.trim().replaceAll(/\s+/g, ' ')
}
