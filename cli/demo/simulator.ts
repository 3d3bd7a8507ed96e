import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { XenkeepError } from '#core/errors/base.ts'

/** The line of JSON that the simulator prints when it serves. */
const Announcement = z.object({
  user: z.string(),
  password: z.string(),
  vms: z.record(z.string(), z.string()),
  hosts: z.array(
    z.object({ url: z.url(), certificateFingerprint: z.string(), certificatePem: z.string() }),
  ),
})

type PoolHost = z.infer<typeof Announcement>['hosts'][number]

export interface Simulator extends z.infer<typeof Announcement> {
  coordinator: PoolHost
}

/** The simulated pool of the demo did not start or refused a call. */
export class SimulatorError extends XenkeepError {
  readonly code = 'SIMULATOR_FAILED'
  constructor(why: string) {
    super(`The simulated pool did not start: ${why}.`, {
      advice:
        'Try "node xenserver-sim/main.ts --port 0" by itself. It needs the addresses 127.0.0.1 and 127.0.0.2, which every Linux has.',
    })
  }
}

const script = fileURLToPath(new URL('../../xenserver-sim/main.ts', import.meta.url))

/**
 * Starts a simulated pool as a process of its own; it meets the product on the wire only.
 * @param args options of the simulator
 * @param folder where it keeps what the guests write
 * @param closers gets what ends it
 * @throws `SIMULATOR_FAILED`
 */
export const startSimulator = async (
  args: readonly string[],
  folder: string,
  closers: (() => Promise<unknown>)[],
): Promise<Simulator> => {
  // A group of its own: Ctrl-C is for the demo, which ends the pool last. The channel (ipc) ends it if the demo is killed.
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: { ...process.env, TMPDIR: folder },
  })
  const gone = once(child, 'exit')
  let complaint = ''
  child.stderr?.on('data', text => {
    complaint = `${complaint}${text}`.slice(-2_000)
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await gone
  }
  closers.push(stop)
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    gone.then(([code]) => new SimulatorError(complaint.trim() || `exit code ${code}`)),
  ])
  if (first instanceof Error) throw first
  const { data } = Announcement.safeParse(JSON.parse(first))
  const [coordinator] = data?.hosts ?? []
  if (data && coordinator) return { ...data, coordinator }
  throw new SimulatorError(`it said ${first.slice(0, 200)}`)
}
