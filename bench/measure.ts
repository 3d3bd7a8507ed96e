import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

export interface Measured {
  /** seconds from start to end of the process */
  seconds: number
  /** seconds of CPU, user and system, of the process and its children */
  cpuSeconds: number
  /** bytes */
  peakRss: number
  stdout: string
}

const TICK = 1 / 100 // s: USER_HZ, fixed for /proc on Linux
const SAMPLE = 10 // ms

/**
 * Runs a program and measures it through /proc alone: nothing has to be installed.
 * @param output where standard output goes: kept, or a file such as /dev/null
 * @throws with what it wrote to standard error when it fails
 */
export const measure = async (
  command: readonly [string, ...string[]],
  { env = {}, cwd, output }: { env?: NodeJS.ProcessEnv; cwd?: string; output?: string } = {},
): Promise<Measured> => {
  const [program, ...args] = command
  const cpuBefore = childrenCpu()
  const file = output === undefined ? undefined : openSync(output, 'w')
  const start = performance.now()
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    cwd,
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
  })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  // The kernel keeps the peak; only what comes in the last hundredth of a second can be missed.
  let peakRss = 0
  const sampler = setInterval(() => {
    peakRss = Math.max(peakRss, peakOf(child.pid as number))
  }, SAMPLE)
  try {
    const [stdout, stderr] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      text(child.stderr as NonNullable<typeof child.stderr>),
      once(child, 'close'),
    ])
    const seconds = (performance.now() - start) / 1000
    if (child.exitCode !== 0)
      throw new Error(`${command.join(' ')} ended with ${child.exitCode}: ${stderr || stdout}`)
    return { seconds, cpuSeconds: childrenCpu() - cpuBefore, peakRss, stdout }
  } finally {
    clearInterval(sampler)
    process.off('exit', endWithUs)
    if (file !== undefined) closeSync(file)
  }
}

/** Fields of proc(5)'s stat from the third on. */
const statOf = (pid: number | 'self'): number[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.map(Number)
}

/** CPU seconds of all children that have ended: fields 16 and 17. */
const childrenCpu = (): number => {
  const [user = 0, system = 0] = statOf('self').slice(13)
  return (user + system) * TICK
}

/** @returns CPU seconds, user and system, of a process that runs, until now: fields 14 and 15 */
export const cpuOf = (pid: number): number => {
  const [user = 0, system = 0] = statOf(pid).slice(11)
  return (user + system) * TICK
}

const peakOf = (pid: number): number => {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kib ?? 0) * 1024
  } catch {
    return 0 // it has ended
  }
}
