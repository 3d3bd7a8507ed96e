import { spawn } from 'node:child_process'

/** What a program made of a VM that has booted. */
export interface ScriptVerdict {
  /** Left out where it was ended by a signal, ours or another, or could not be started. */
  exitCode?: number
  /** The last line that it wrote, whichever stream. */
  said: string
}

const KEPT = 4_096 // bytes of what it writes last

/**
 * Runs a program of the gateway's settings; no shell is in between, and of our environment it gets PATH alone, so no secret.
 * @param facts JSON on its standard input
 * @param signal ends it, with what it has started
 * @param environment what it gets beside that
 */
export const runScript = (
  argv: readonly string[],
  facts: unknown,
  signal: AbortSignal,
  environment: Readonly<Record<string, string>> = {},
): Promise<ScriptVerdict> =>
  new Promise(resolve => {
    const [program = '', ...args] = argv
    const child = spawn(program, args, {
      // A group of its own, to be ended as a whole.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...environment, PATH: process.env.PATH },
    })
    let output = ''
    const hear = (text: string) => {
      output = (output + text).slice(-KEPT)
    }
    const said = () => output.trim().split('\n').at(-1)?.trim().slice(0, 500) ?? ''
    const kill = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
    const end = (verdict: ScriptVerdict) => {
      signal.removeEventListener('abort', kill)
      kill() // what it left behind
      resolve(verdict)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.stdin.on('error', () => undefined) // it need not read
    child.once('error', error => end({ said: error.message.slice(0, 500) }))
    child.once('exit', exitCode => {
      setImmediate(() => end({ said: said(), ...(exitCode !== null && { exitCode }) }))
    })
    if (signal.aborted) kill()
    signal.addEventListener('abort', kill, { once: true })
    child.stdin.end(`${JSON.stringify(facts)}\n`)
  })
