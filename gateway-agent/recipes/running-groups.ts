import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Process groups that this agent has started and not ended, for its next life: killed itself, it leaves them behind. */
export interface RunningGroups {
  began(pid: number): void
  ended(pid: number): void
}

/** When a process began, in ticks since the machine did: with the number it names a process for ever (proc(5), stat, field 22). */
const beganAt = (pid: number): string | undefined => {
  try {
    // The second field is the name in brackets, which may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19]
  } catch {
    return undefined
  }
}

/** Kept as one file each. On systems without /proc nothing is kept: there whoever starts the agent ends what it started. */
export const runningGroups = (folder: string): RunningGroups => ({
  began: pid => {
    const ticks = beganAt(pid)
    if (ticks === undefined) return
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, String(pid)), ticks, { mode: 0o600 })
  },
  ended: pid => rmSync(join(folder, String(pid)), { force: true }),
})

/** At the start of the agent. @returns how many groups were still there and are ended now */
export const endLeftGroups = (folder: string): number => {
  let ended = 0
  let names: string[] = []
  try {
    names = readdirSync(folder)
  } catch {
    return 0
  }
  for (const name of names) {
    const pid = Number(name)
    const file = join(folder, name)
    if (Number.isInteger(pid) && pid > 1 && beganAt(pid) === readFileSync(file, 'utf8')) {
      process.kill(-pid, 'SIGKILL')
      ended++
    }
    rmSync(file, { force: true })
  }
  return ended
}
