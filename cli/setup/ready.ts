import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '#core/contracts/client.ts'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import type { VmView } from '#core/contracts/vms-api.ts'
import { listAll } from '../control-plane.ts'
import { files } from '../data-directory.ts'
import { ExitCode, exitCodeOf } from '../exit-codes.ts'

/** What is there to be protected, as the gateways told it. */
export interface Readiness {
  /** Whether the API answers. */
  answers: boolean
  gateways: GatewayView[]
  vms: VmView[]
}

const POLL_MS = 200

/** A gateway names its pools with its first call, and tells what they hold a moment later. An empty pool tells nothing more. */
const EMPTY_POOL_MS = 5_000

/**
 * Waits until the API answers and a gateway has told what a pool holds.
 * @param seconds how long; then what is known so far is returned
 * @throws the reason of `signal`
 */
export const waitUntilReady = async (
  client: Client,
  { seconds, now, signal }: { seconds: number; now: () => number; signal: AbortSignal },
): Promise<Readiness> => {
  const until = now() + seconds * 1_000
  let poolSince: number | undefined
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
    if (seen.gateways.some(gateway => gateway.pools.length > 0)) poolSince ??= now()
    const isEmpty = poolSince !== undefined && now() - poolSince > EMPTY_POOL_MS
    if (seen.vms.length > 0 || isEmpty || now() >= until) return seen
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** Waits until the API answers at all; gives up in silence after so many seconds, or when it is told to stop. */
export const waitForAnswer = async (
  client: Client,
  { seconds, now, signal }: { seconds: number; now: () => number; signal: AbortSignal },
): Promise<void> => {
  const until = now() + seconds * 1_000
  const answers = () =>
    client.call('listGateways', { query: { limit: 1 } }).then(
      () => true,
      () => false,
    )
  while (!signal.aborted && now() < until && !(await answers()))
    await sleep(POLL_MS / 4, undefined, { signal }).catch(() => {})
}

/**
 * Waits until the parts that a killed supervisor left over have stopped: they notice by themselves.
 * @param told called once where there is something to wait for
 */
export const waitForFormer = async (
  client: Client,
  dataDir: string,
  { seconds, now, told }: { seconds: number; now: () => number; told: () => void },
): Promise<void> => {
  const { lockAgent } = await import('#gateway-agent/lock.ts')
  const controlGone = () =>
    client
      .call('listGateways', { query: { limit: 1 }, signal: AbortSignal.timeout(2_000) })
      .then(() => false)
      .catch(() => true)
  const gatewayGone = () =>
    lockAgent(files(dataDir).agentLock, dataDir)
      .then(unlock => unlock())
      .then(() => true)
      .catch(() => false)
  const allGone = async () => (await gatewayGone()) && (await controlGone())

  if (await allGone()) return
  told()
  const until = now() + seconds * 1_000
  while (now() < until && !(await allGone())) await sleep(POLL_MS)
}
