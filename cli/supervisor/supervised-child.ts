import type { ChildProcess } from 'node:child_process'

/** How a child came to its end. */
export interface ChildEnd {
  code: number | null
  signal: NodeJS.Signals | null
  /** milliseconds it ran */
  lived: number
}

export interface ChildPorts {
  /** Starts the process. */
  spawn: () => ChildProcess
  /** Waits so many milliseconds, or until the signal. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  now: () => number
  /** Told after each end that was not asked for; `delay` in milliseconds until the next start. */
  onRestart: (end: ChildEnd, delay: number) => void
}

export interface SupervisedChild {
  /** Settles when it will not be started again: it was stopped, or it ended with `HOPELESS`. */
  readonly ended: Promise<ChildEnd | undefined>
  /** pid of the process that runs now */
  readonly pid: () => number | undefined
  /** Ends it for good; it may take its time. */
  stop: () => void
  /** Ends it at once. */
  kill: () => void
}

/** A child that ends with this code says that starting it again would change nothing: its settings are wrong. */
export const HOPELESS = 2

/** Pauses between starts, in milliseconds: 0.5 s doubled up to 30 s; a child that lived for a minute begins anew. */
const restartPolicy = { first: 500, most: 30_000, settled: 60_000 } as const

/** Keeps one process running until it is stopped. */
export const superviseChild = ({ spawn, sleep, now, onRestart }: ChildPorts): SupervisedChild => {
  const stopping = new AbortController()
  let child: ChildProcess | undefined

  const run = async (): Promise<ChildEnd | undefined> => {
    for (let delay: number = restartPolicy.first; ; ) {
      const started = now()
      child = spawn()
      const end = { ...(await ended(child)), lived: now() - started }
      child = undefined
      if (stopping.signal.aborted) return undefined
      if (end.code === HOPELESS) return end
      if (end.lived >= restartPolicy.settled) delay = restartPolicy.first
      onRestart(end, delay)
      await sleep(delay, stopping.signal).catch(() => {})
      if (stopping.signal.aborted) return undefined
      delay = Math.min(restartPolicy.most, delay * 2)
    }
  }

  return {
    ended: run(),
    pid: () => child?.pid,
    stop: () => {
      stopping.abort()
      child?.kill('SIGTERM')
    },
    kill: () => {
      stopping.abort()
      child?.kill('SIGKILL')
    },
  }
}

const ended = (
  child: ChildProcess,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise(resolve => {
    child.once('error', () => resolve({ code: null, signal: null }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
