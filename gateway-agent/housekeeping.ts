import type { Client } from '#core/contracts/client.ts'
import type { InventoryPool, UnreachablePool } from '#core/contracts/gateway-api.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { ownerOf } from '#core/points/marks.ts'
import { type Chore, createChore } from './control/chore.ts'
import type { Patience } from './control/patience.ts'
import { removeLeftovers } from './jobs/leftovers.ts'
import type { AskOpenJobs, OpenElsewhere } from './jobs/open-jobs.ts'
import type { Pool } from './jobs/pool.ts'
import { reconcilePoints } from './jobs/reconcile.ts'
import { tellGonePoints } from './jobs/tell-gone.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'
import type { Pools } from './pools.ts'
import type { Repositories } from './repositories.ts'

interface Host {
  client: Client
  gatewayId: () => string
  repositories: Pick<Repositories, 'open'>
  /** Address of the repository in the settings: known before any job brings its grant. */
  address: string
  patience: Patience
  log: Log
}

/** Removes the leftovers of pools; a call for a pool that is being swept waits for its turn. */
export const createSweep = ({
  repositories,
  address,
  isRunning,
  openJobs,
  installation,
  log,
}: Pick<Host, 'repositories' | 'address' | 'log'> & {
  /** The installation's mark, kept where it is found while the repository is away. */
  installation: { load: () => Promise<string | undefined>; save: (owner: string) => Promise<void> }
  isRunning: (jobId: string) => boolean
  openJobs: AskOpenJobs
}) => {
  const turns = new Map<string, Promise<void>>()
  const putOff = new Set<Pool>()
  /** A control plane that does not say so at once is not waited for, since a machine is down, and not asked again for the next one. */
  const atWorkElsewhere = () => {
    let answers = true
    return async (jobId: string): Promise<boolean> => {
      if (!answers) return false
      try {
        const { elsewhere } = await openJobs([jobId], AbortSignal.timeout(limits.askWhileDownMs))
        return elsewhere.some(({ current }) => current)
      } catch {
        answers = false
        return false
      }
    }
  }
  /** @returns whether every VM that a job stopped runs again, for good */
  const startStoppedOn = async (pool: Pool, owner: string): Promise<boolean> => {
    let leftToOthers = 0
    const isAtWorkElsewhere = atWorkElsewhere()
    const { started, failed, watched } = await pool.startStopped(owner, async jobId => {
      if (isRunning(jobId)) return true
      const theirs = await isAtWorkElsewhere(jobId)
      if (theirs) leftToOthers++
      // It may have been given to us while we asked.
      return theirs || isRunning(jobId)
    })
    for (const sentence of started) log.warn(sentence)
    for (const sentence of failed) log.error(sentence)
    return failed.length + watched + leftToOthers === 0
  }
  const sweep = (pool: Pool): Promise<void> => {
    const turn = (turns.get(pool.uuid) ?? Promise.resolve()).then(async () => {
      putOff.delete(pool)
      try {
        // A machine that is down comes first: it does not wait for the repository, and for the control plane seconds only.
        const known = await installation.load()
        const down = known !== undefined && !(await startStoppedOn(pool, known))
        const repository = await repositories.open(address)
        const owner = ownerOf(repository.id)
        if (known !== owner) {
          await installation.save(owner)
          await startStoppedOn(pool, owner)
        }
        const spared = await removeLeftovers({ pool, repository, isRunning, openJobs, log })
        if (spared || down) putOff.add(pool)
      } catch (error) {
        // Without the repository nobody knows which disks are bases, without the control plane which jobs go on: all stay until they are back.
        putOff.add(pool)
        log.warn(`Leftovers on the pool ${pool.uuid} are not removed for now`, error)
      }
    })
    turns.set(pool.uuid, turn)
    return turn
  }
  return {
    sweep,
    /** Sweeps the pools whose last sweep failed or left something for a job that may end elsewhere. */
    async again() {
      for (const pool of [...putOff]) await sweep(pool)
    },
  }
}

/**
 * Tells what the pools hold, and which do not answer. A pool that is silent keeps what it told last, so that its VMs do not
 * vanish from lists.
 */
export const inventoryChore = ({
  client,
  gatewayId,
  pools,
  silentPools = new Set(),
  told = () => ({ report: '' }),
  patience,
  log,
}: Omit<Host, 'repositories' | 'address'> & {
  /** What was told last; the same is not told again while it is remembered. */
  told?: () => { report: string }
  /** Keeps the UUIDs of connected pools that did not answer when they were asked last. */
  silentPools?: Set<string>
  pools: Pick<Pools, 'connected' | 'addressOf' | 'unreachable'>
}): Chore => {
  const known = new Map<string, InventoryPool>()
  return createChore({
    name: 'The inventory',
    everyMs: limits.inventoryMs,
    patience,
    log,
    async work(signal) {
      const silent: UnreachablePool[] = []
      const read = await Promise.allSettled(
        pools.connected().map(async pool => {
          try {
            known.set(pool.uuid, await pool.readInventory())
            silentPools.delete(pool.uuid)
          } catch (error) {
            silentPools.add(pool.uuid)
            silent.push({ address: pools.addressOf(pool), problem: asXenkeepError(error).message })
            throw error
          }
        }),
      )
      const unreachable = [...pools.unreachable(), ...silent].map(({ address, problem }) => ({
        address: address.slice(0, limits.noteLength),
        problem: problem.slice(0, limits.noteLength),
      }))
      const body = { pools: [...known.values()], unreachable }
      const report = JSON.stringify(body)
      const before = told()
      if (report !== before.report && known.size + unreachable.length > 0) {
        await client.call('putInventory', { params: { gatewayId: gatewayId() }, body, signal })
        before.report = report
      }
      for (const result of read) if (result.status === 'rejected') throw result.reason
    },
  })
}

/** Asks the control plane which of these jobs are not over, and which of them another gateway has. */
export const askOpenJobs =
  ({ client, gatewayId }: Pick<Host, 'client' | 'gatewayId'>): AskOpenJobs =>
  async (jobIds, signal) => {
    const open: string[] = []
    const elsewhere: OpenElsewhere[] = []
    for (let at = 0; at < jobIds.length; at += limits.jobIdsPerCall) {
      const body = { jobIds: jobIds.slice(at, at + limits.jobIdsPerCall) }
      const params = { gatewayId: gatewayId() }
      const reply = await client.call('openJobs', { params, body, ...(signal && { signal }) })
      open.push(...reply.open)
      elsewhere.push(...(reply.elsewhere ?? []))
    }
    return { open, elsewhere }
  }

/** Keeps the catalog, which is only a view, in step with the repository; and sweeps again what was put off. */
export const reconcileChore = ({
  client,
  repositories,
  address,
  sweepAgain,
  known = () => new Set(),
  gone = () => ({ told: false }),
  patience,
  log,
}: Omit<Host, 'gatewayId'> & {
  sweepAgain: () => Promise<void>
  /** Points that the catalog is known to have. */
  known?: () => Set<string>
  /** Whether points that the repository lacks were told lately; it is not done again while that is remembered. */
  gone?: () => { told: boolean }
}): Chore =>
  createChore({
    name: 'The comparison of catalog and repository',
    everyMs: limits.reconcileMs,
    patience,
    log,
    async work(signal) {
      // First: a VM that is down, or may go down yet, does not wait for the repository.
      await sweepAgain()
      const repository = await repositories.open(address)
      const told = { client, repository, repositoryId: repository.id, log, signal }
      await reconcilePoints({ ...told, known: known() })
      const before = gone()
      if (before.told) return
      await tellGonePoints(told)
      before.told = true
    },
  })
