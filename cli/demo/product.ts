import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { XenkeepError } from '#core/errors/base.ts'

/** The XenKeep that the demo started did not come up. */
class ProductError extends XenkeepError {
  readonly code = 'DEMO_UP_FAILED'
  constructor(code: number | null) {
    super(`"xenkeep up" ended with exit code ${code}.`, {
      advice: 'The lines above say why.',
    })
  }
}

/** What `xenkeep up` prints after all there is to know. */
const READY = 'In another terminal:'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/**
 * Starts `xenkeep up` as a process of its own.
 * @param onLine takes what it prints
 * @param closers gets what stops it in good order
 * @returns when it says that it is ready, and with which password its console opens
 * @throws `DEMO_UP_FAILED`
 */
export const startProduct = async (
  args: readonly string[],
  {
    env,
    onLine,
    closers,
  }: {
    env: NodeJS.ProcessEnv
    onLine: (line: string) => void
    closers: (() => Promise<unknown>)[]
  },
): Promise<string | undefined> => {
  let password: string | undefined
  const child = spawn(process.execPath, [main, 'up', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env,
  })
  const gone = once(child, 'exit') as Promise<[number | null]>
  let stopping = false
  const ready = new Promise<'ready'>(resolve => {
    const output = createInterface({ input: child.stdout as Readable })
    output.on('line', line => {
      password ??= /^ *password +(\S+)$/.exec(line)?.[1]
      if (line !== READY) return onLine(line)
      // What follows is advice to a person at a terminal of its own.
      output.removeAllListeners('line')
      resolve('ready')
    })
  })
  createInterface({ input: child.stderr as Readable }).on('line', line => {
    if (!stopping) onLine(line)
  })
  closers.push(async () => {
    stopping = true
    child.kill('SIGTERM')
    await gone
  })
  const first = await Promise.race([ready, gone])
  if (first !== 'ready') throw new ProductError(first[0])
  return password
}
