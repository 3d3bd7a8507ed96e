import { z } from 'zod'
import type { MethodChoice } from '#core/contracts/methods.ts'
import { takeByMethod } from '#gateway-agent/methods/index.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { FindProvider } from '#gateway-agent/quiesce/provider.ts'
import { listOurs } from '#gateway-agent/xapi/leftovers.ts'
import { VmRecord } from '#gateway-agent/xapi/records.ts'
import type { PoolOptions } from '#sim/pool.ts'
import type { GuestBehaviour } from '#sim/state.ts'
import { clientOnPool } from './pool-client.ts'

export const JOB = '01JD9W5R6D3S0Q6Z1B4W8TXY2K'
export const OWNER = '0123456789ab'
const MIB = 1024 * 1024

const Record = VmRecord.extend({ ha_always_run: z.boolean() })

/** A simulated pool with the VM `db`, and methods tried on it. */
export const methodsOnPool = async (
  options: PoolOptions = {},
  login: Parameters<typeof clientOnPool>[2] = {},
) => {
  const client = await clientOnPool({ db: [Buffer.alloc(MIB, 7)] }, options, login)
  const { xapi, pool: simulated } = client
  const pool = poolOfXapi(xapi)
  const vmUuid = simulated.vms.db ?? ''
  const vmRef = await xapi.call('VM.get_by_uuid', [vmUuid], z.string())
  simulated.state.database.update('VM', vmRef, { memory_static_max: 8 * MIB + 1 })
  const phases: string[] = []
  return {
    ...client,
    pool,
    simulated,
    vmUuid,
    vmRef,
    phases,
    guest: (change: Partial<GuestBehaviour>) =>
      client.simulator(`/sim/guest?vm=${vmUuid}`, Buffer.from(JSON.stringify(change))),
    take: (
      choice: MethodChoice,
      {
        findProvider = () => undefined,
        signal = new AbortController().signal,
        around,
      }: {
        findProvider?: FindProvider
        signal?: AbortSignal
        /** Happens right before the snapshot. */
        around?: () => Promise<unknown>
      } = {},
    ) =>
      takeByMethod({
        pool,
        vmName: 'db',
        choice,
        snapshot: {
          ...{ vmUuid, jobId: JOB, owner: OWNER, signal },
          ...(around && { around: taking => around().then(taking) }),
        },
        findProvider,
        tell: phase => phases.push(phase),
      }),
    vm: () => xapi.call('VM.get_record', [vmRef], Record),
    /** What is left of our making, as `kind name`. */
    leftovers: async () => (await listOurs(xapi, OWNER)).map(({ kind, name }) => `${kind} ${name}`),
    /** Messages that XAPI left about the VM, oldest first. */
    history: () => [...simulated.state.database.all('message').values()].map(({ name }) => name),
  }
}

export type MethodsOnPool = Awaited<ReturnType<typeof methodsOnPool>>
