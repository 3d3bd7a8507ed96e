import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { XenkeepError } from '#core/errors/base.ts'

/** `xenkeep up`, as an administrator would start it. */
export interface Product {
  /** Asks it to stop and waits. */
  stop: () => Promise<void>
}

export class ProductError extends XenkeepError {
  readonly code = 'DEMO_UP_FAILED'
  constructor(code: number | null) {
    super(`"xenkeep up" ended with exit code ${code}.`, {
      advice: 'The lines above say why.',
    })
  }
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/**
 * Starts `xenkeep up` as a process of its own.
 * @param onLine takes what it prints
 * @returns when it says that it is ready
 * @throws `DEMO_UP_FAILED`
 */
export const startProduct = async (
  args: readonly string[],
  { env, onLine }: { env: NodeJS.ProcessEnv; onLine: (line: string) => void },
): Promise<Product> => {
  const child = spawn(process.execPath, [main, 'up', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env,
  })
  const gone = once(child, 'exit') as Promise<[number | null]>
  const ready = new Promise<'ready'>(resolve => {
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface({ input: stream }).on('line', line => {
          onLine(line)
          if (line.startsWith('In another terminal')) resolve('ready')
        })
  })
  const first = await Promise.race([ready, gone])
  if (first !== 'ready') throw new ProductError(first[0])
  return {
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}
