import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#core/contracts/client.ts'
import type { GatewayView, VmView } from '#core/contracts/runs-api.ts'
import { listAll } from '../control-plane.ts'
import { ExitCode, exitCodeOf } from '../exit-codes.ts'

/** What is there to be protected, as the gateways told it. */
export interface Readiness {
  /** Whether the API answers. */
  answers: boolean
  gateways: GatewayView[]
  vms: VmView[]
}

const POLL_MS = 200

/**
 * Waits until the API answers and a gateway has told of a pool.
 * @param seconds how long; then what is known so far is returned
 * @throws the reason of `signal`
 */
export const waitUntilReady = async (
  client: Client,
  { seconds, now, signal }: { seconds: number; now: () => number; signal: AbortSignal },
): Promise<Readiness> => {
  const until = now() + seconds * 1_000
  let seen: Readiness = { answers: false, gateways: [], vms: [] }
  for (;;) {
    try {
      const gateways = await listAll(client, 'listGateways')
      seen = { answers: true, gateways, vms: await listAll(client, 'listVms') }
    } catch (error) {
      // A control plane that is just starting refuses connections, or has an old token in its file.
      const code = exitCodeOf(error as { code: string })
      if (code !== ExitCode.unreachable && code !== ExitCode.refused) throw error
    }
    if (seen.gateways.some(gateway => gateway.pools.length > 0) || now() >= until) return seen
    await sleep(POLL_MS, undefined, { signal })
  }
}

/**
 * Waits until a control plane that was left over (its supervisor was killed) has stopped: it notices by itself.
 * @param told called once where there is something to wait for
 */
export const waitForFormer = async (
  client: Client,
  { seconds, now, told }: { seconds: number; now: () => number; told: () => void },
): Promise<void> => {
  const until = now() + seconds * 1_000
  const answers = () =>
    client
      .call('listGateways', { query: { limit: 1 }, signal: AbortSignal.timeout(2_000) })
      .then(() => true)
      .catch(() => false)
  if (!(await answers())) return
  told()
  while (now() < until && (await answers())) await sleep(POLL_MS)
}
