import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '#core/contracts/client.ts'

export interface ControlProcess {
  directory: string
  /** Starts `local/main.ts` as a child and waits until it listens. */
  start(): Promise<void>
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** SIGTERM; @returns the exit code */
  stop(): Promise<number | null>
  /** As the person, at the address and with the token that stand in `control/endpoint.json` now. */
  person(): Client
  url(): string
  enrolmentCode(): string
  /** Ends the child and removes the directory. */
  dispose(): Promise<void>
}

/**
 * The control plane as a process of its own on a data directory of its own, to be killed at will.
 * @param more of its settings
 */
export const controlProcess = ({
  control: moreControl = {},
  ...more
}: {
  control?: object
  repository?: object
} = {}): ControlProcess => {
  const directory = mkdtempSync(join(tmpdir(), 'xenkeep-control-'))
  const often = { idlePollSeconds: 0.1, activePollSeconds: 0.1, heartbeatSeconds: 0.1 }
  const control = { port: 0, ...often, ...moreControl }
  writeFileSync(join(directory, 'settings.json'), JSON.stringify({ control, ...more }))
  const endpoint = () =>
    JSON.parse(readFileSync(join(directory, 'control', 'endpoint.json'), 'utf8')) as {
      url: string
      token: string
    }
  let child: ChildProcess | undefined

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = child
    child = undefined
    if (!ending) return null
    if (ending.exitCode === null && ending.signalCode === null) {
      const exited = once(ending, 'exit')
      ending.kill(signal)
      await exited
    }
    return ending.exitCode
  }

  return {
    directory,
    async start() {
      const started = spawn(process.execPath, ['local/main.ts', '--data', directory], {
        // With a channel it also ends when the test runner is gone.
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      child = started
      let told = ''
      started.stderr?.on('data', chunk => {
        told += chunk
      })
      await Promise.race([
        once(started.stdout ?? started, 'data'),
        once(started, 'exit').then(() => {
          throw new Error(`the control plane ended: ${told}`)
        }),
      ])
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    person: () =>
      createClient({
        baseUrl: endpoint().url,
        fetch,
        authorize: () => `Bearer ${endpoint().token}`,
      }),
    url: () => endpoint().url,
    enrolmentCode: () => readFileSync(join(directory, 'gateway', 'enrolment-code'), 'utf8').trim(),
    async dispose() {
      await end('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Repeats a call while nobody answers, as a gateway does. */
export const insist = async <T>(
  call: () => Promise<T>,
  until = Date.now() + 20_000,
): Promise<T> => {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const isPassing =
        (error as { code?: string }).code === 'CONTROL_PLANE_UNREACHABLE' ||
        (error as { retryable?: boolean }).retryable
      if (!isPassing || Date.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 30))
    }
  }
}
