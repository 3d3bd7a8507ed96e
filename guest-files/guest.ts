import { spawn } from 'node:child_process'
import { access, chmod, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { NbdExport } from '#nbd-server/exports.ts'
import { startNbdServer } from '#nbd-server/server.ts'
import { type Broom, newBroom } from './broom.ts'
import { GuestReaderFailedError } from './errors.ts'
import { unprivileged } from './guest-user.ts'
import { ask } from './question.ts'
import { tailOf } from './tail.ts'
import type { findTools } from './tools.ts'

/** The disks of a point, seen by a Linux kernel that runs as an ordinary process. */
export interface Guest {
  /**
   * Boots the kernel, asks one question, and ends it: about 1.5 s. Several may be asked at once, each of a kernel of its own.
   * @param words as inside.sh describes them
   * @param take reads the answer to its end, no faster than it likes: the kernel waits
   * @param withdrawn ends the kernel of this question
   * @returns what `take` returned, and notes of the script
   */
  ask: <T>(
    words: readonly string[],
    take: (data: Readable) => Promise<T>,
    withdrawn?: AbortSignal,
  ) => Promise<{ answer: T; notes: string[] }>
}

const MOUNT_PATIENCE = 15_000 // ms for nbdfuse to show the disk
const DISKS = 16 // what this kernel can attach

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
      await bringScript(broom)
      const user = await unprivileged(broom.folder)
      let asked = 0
      return await work({
        ask: (words, take, withdrawn) => {
          const both = withdrawn ? AbortSignal.any([signal, withdrawn]) : signal
          const machine = { files, user, signal: both, name: `guest${asked++}` }
          return ask(broom, tools['linux.uml'], machine, words, take)
        },
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

const bringScript = async ({ folder }: Broom): Promise<void> => {
  const script = join(folder, 'inside.sh')
  await copyFile(fileURLToPath(new URL('inside.sh', import.meta.url)), script)
  await chmod(script, 0o555)
}
