import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeMounts, openMounts } from './open-mounts.ts'
import type { Done, Order } from './orders.ts'
import { EBUSY, type SystemCalls, systemCalls } from './system-calls.ts'
import { type OpenMount, thawAll } from './thaw.ts'

/*
 * A process of its own that freezes file systems, or watches over that, and thaws them. There are two of them, told the same: whatever becomes of the agent, of
 * one of them, or of a mount point, what was opened is thawed when its time is over. From the order to open on it reads and writes no file of a disk: what it
 * needs is loaded, open and in memory. It logs nothing, since a log may lie on what is frozen.
 */

/** Of one freeze. */
interface Held {
  lease: string
  /** In the order of freezing. */
  mounts: OpenMount[]
  /** Those that this process has frozen. */
  frozen: OpenMount[]
  /** Of the helper that freezes, where this is the other one. */
  peer: number | undefined
  timer?: NodeJS.Timeout
  isOver: boolean
}

/** How long it goes on thawing for a peer that is killed in the middle of a call to freeze, in ms. */
const PEER_MS = 60_000

let held: Held | undefined
/** The call to freeze that is in the kernel: it cannot be called back, only thawed after. */
let underWay: Promise<unknown> = Promise.resolve()
let thawing: Promise<unknown> = Promise.resolve()

/** Thaws what is open, and once more after a call to freeze that came through late. @returns mount points that were not frozen */
const thaw = (calls: SystemCalls, { mounts }: Held): Promise<string[]> => {
  const work = async () => {
    const free = await thawAll(calls, mounts)
    await underWay
    await thawAll(calls, mounts)
    return free
  }
  const done = work()
  thawing = Promise.all([thawing, done])
  return done
}

/** Nobody uses what is closed: its number may soon be that of another file. */
const close = async (calls: SystemCalls, of: Held): Promise<void> => {
  clearTimeout(of.timer)
  await thawing
  if (held === of) held = undefined
  closeMounts(of.mounts)
  calls.unlockProgram()
}

/** @returns why not, a clause */
const freeze = async (calls: SystemCalls, of: Held): Promise<string | undefined> => {
  for (const mount of of.mounts) {
    if (of.isOver) break
    const call = calls.freeze(mount.fd)
    underWay = call
    const errno = await call
    if (errno !== 0) return whyNot(errno, mount.path)
    of.frozen.push(mount)
  }
  return of.isOver ? 'its time was over before all of it was frozen' : undefined
}

/** errno(3), as far as freezing comes to it. */
const whyNot = (errno: number, path: string): string => {
  if (errno === EBUSY) return `another program holds ${path} frozen`
  const names: { [errno: number]: string } = {
    ...{ 1: 'it takes the rights of root', 5: 'its disk does not work' },
    ...{ 22: 'it is read-only', 95: 'its kind of file system does not offer it' },
  }
  return `${path} cannot be frozen (${names[errno] ?? `errno ${errno}`})`
}

/** @returns why not, a clause */
const follow = async (calls: SystemCalls, order: Order): Promise<string | undefined> => {
  const { lease } = order
  if (order.order === 'open') {
    if (held) return 'another freeze lasts'
    const mounts = openMounts(order.mounts)
    held = { lease, mounts, frozen: [], peer: order.peer, isOver: false }
    const errno = calls.lockProgram()
    if (errno === 0) return undefined
    await close(calls, held)
    return `the program that thaws cannot be kept in memory (errno ${errno})`
  }
  const of = held
  if (of?.lease !== lease) return 'it is not open'
  switch (order.order) {
    case 'sync':
      for (const { fd } of of.mounts) await calls.sync(fd)
      return undefined
    case 'arm':
      of.timer = setTimeout(() => {
        of.isOver = true
        void thaw(calls, of)
      }, order.ms)
      return undefined
    case 'freeze': {
      const why = await freeze(calls, of)
      if (why === undefined) return undefined
      // Only what this process froze: another program may hold the rest.
      await thawAll(calls, of.frozen)
      await close(calls, of)
      return why
    }
    case 'thaw': {
      const wasOver = of.isOver
      const free = await thaw(calls, of)
      await close(calls, of)
      if (wasOver) return 'its time was over'
      return free.length > 0 ? `something else thawed ${free.join(' and ')}` : undefined
    }
    case 'forget':
      await close(calls, of)
      return undefined
  }
}

/** Whether a process is no more, or nothing but its entry (proc(5), stat). */
const isGone = (pid: number): boolean => {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1').slice(0, 60))
  } catch {
    return true
  }
}

/** The agent is gone, or whoever stops it stops us too: nothing stays frozen for that. */
const end = async (calls: SystemCalls): Promise<void> => {
  const began = performance.now()
  while (held) {
    await thaw(calls, held)
    const { peer } = held
    if (peer === undefined || isGone(peer) || performance.now() - began > PEER_MS) break
    await sleep(100)
  }
  process.exit(0)
}

// Whoever ends all processes called node does not end this one with them.
process.title = 'xenkeep-thaw'
const calls = systemCalls()
if (!calls || !process.connected) process.exit(2)
process.on('disconnect', () => void end(calls))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => void end(calls))
process.on('message', (order: Order) => {
  const asClause = (error: unknown) => (error instanceof Error ? error.message : String(error))
  void follow(calls, order)
    .catch(asClause)
    .then(why => {
      const done: Done = { did: order.order, lease: order.lease, ...(why !== undefined && { why }) }
      if (process.connected) process.send?.(done, () => undefined)
    })
})
try {
  // Where memory is short the kernel ends this process last. Without the right to it, it is as likely as others.
  writeFileSync('/proc/self/oom_score_adj', '-1000')
} catch {}
