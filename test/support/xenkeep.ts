import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

export interface Ended {
  exitCode: number | null
  stdout: string
  stderr: string
}

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(process.execPath, ['cli/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, XENKEEP_PASSPHRASE: '', XENKEEP_DATA: '', ...env },
  })

/** Runs one command of the command line to its end. */
export const xenkeep = async (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> => {
  const child = start(args, env)
  const [stdout, stderr] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    once(child, 'close'),
  ])
  return { exitCode: child.exitCode, stdout, stderr }
}

/** `xenkeep up --json`, until it is ready. @throws what it printed when it ends instead */
export const xenkeepUp = async (args: readonly string[], env?: NodeJS.ProcessEnv) => {
  const child = start(['up', '--json', ...args], env)
  const ended = once(child, 'close') as Promise<[number | null]>
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr += chunk
  })
  const lines = createInterface({ input: child.stdout as Readable })
  const events: Record<string, unknown>[] = []
  const ready = new Promise<void>(resolve => {
    lines.on('line', line => {
      const event = JSON.parse(line)
      events.push(event)
      if (event.event === 'ready') resolve()
    })
  })
  const first = await Promise.race([ready, ended])
  if (first) throw new Error(`xenkeep up ended with ${first[0]}: ${stderr}`)
  return {
    pid: child.pid as number,
    events,
    stderr: () => stderr,
    /** @returns the exit code */
    stop: async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
      child.kill(signal)
      return (await ended)[0]
    },
  }
}
