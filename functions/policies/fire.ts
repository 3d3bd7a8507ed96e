import { isConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { Policy } from '#core/contracts/policies.ts'
import type { Problem } from '#core/contracts/problem.ts'
import { asXenkeepError, toProblem, type XenkeepError } from '#core/errors/base.ts'
import { PolicyBusyError, WindowClosedError } from '#core/errors/policies.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import { windowEnd } from '#core/policies/schedule.ts'
import type { CatalogKey, CatalogWrite } from '#core/ports.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import { planOf } from '../plans/index.ts'
import type { Ports } from '../ports.ts'
import { beginRequested } from '../runs/begin-run.ts'
import { sweepFirings } from './sweep-firings.ts'

export type FirePorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>

/** Why a policy is to run now by itself. Whoever comes for the same occasion again, or at the same moment, does nothing. */
export interface Occasion {
  /** Names the occasion (`keys.firing`). */
  key: CatalogKey
  /** When it should begin, in ms since 1970. */
  due: number
  /** Told beside the run: that it begins late, and why. */
  late?: XenkeepError
}

/** What became of an occasion. */
export type Firing = { due: number } & ({ runId: string } | { leftOut: Problem })

/**
 * Runs a policy on an occasion once, or leaves it out and has that told; which of the two is written down in one piece with what it says.
 * @returns what became of it; `undefined` where that was decided before
 * @throws what is retryable; nothing is decided then
 */
export const fire = async (
  ports: FirePorts,
  policy: Policy,
  occasion: Occasion,
): Promise<Firing | undefined> => {
  const { catalog } = ports
  const { key, due, late } = occasion
  if (await catalog.get(key)) return undefined
  const { policyId, window } = policy
  const now = ports.clock.now()
  const closes = window && windowEnd(window, now)
  if (window && closes === undefined)
    return leaveOut(ports, policy, occasion, new WindowClosedError(policy.name, window))
  const open = (await openRuns(catalog)).find(run => run.policyId === policyId)
  if (open) return leaveOut(ports, policy, occasion, new PolicyBusyError(policy.name, open.runId))
  try {
    const request = { kind: 'policy' as const, policyId }
    const plan = await planOf(catalog, request, now)
    const runId = ulidMaker(ports)()
    const firing: Firing = { due, runId }
    await beginRequested(
      ports,
      request,
      { ...plan, startedBy: 'its policy', ...(closes !== undefined && { beginBefore: closes }) },
      runId,
      [decision(key, firing), ...(late ? told(ports, policy, due, late, true) : [])],
    )
    await sweepFirings(catalog, policyId, now)
    return firing
  } catch (error) {
    if (isConflict(error) && (await catalog.get(key))) return undefined
    const ours = asXenkeepError(error)
    if (ours.retryable || ours.code === 'UNEXPECTED') throw error
    return leaveOut(ports, policy, occasion, ours)
  }
}

/** Writes down that a policy does not run on an occasion, and has it told. */
export const leaveOut = async (
  ports: FirePorts,
  policy: Policy,
  { key, due }: Occasion,
  why: XenkeepError,
): Promise<Firing | undefined> => {
  const firing: Firing = { due, leftOut: toProblem(why) }
  try {
    await ports.catalog.write([decision(key, firing), ...told(ports, policy, due, why)])
    await sweepFirings(ports.catalog, policy.policyId, ports.clock.now())
    return firing
  } catch (error) {
    if (isConflict(error) && (await ports.catalog.get(key))) return undefined
    throw error
  }
}

const decision = (key: CatalogKey, value: Firing): CatalogWrite => ({
  kind: 'put',
  key,
  value,
  expect: 'absent',
})

const told = (
  ports: FirePorts,
  { policyId, name: policyName }: Policy,
  due: number,
  why: XenkeepError,
  late = false,
): CatalogWrite[] =>
  announcement({
    kind: 'schedule-missed',
    eventId: ulidMaker(ports)(),
    at: ports.clock.now(),
    ...{ policyId, policyName, due, ...(late && { late }) },
    why: toProblem(why),
  })

/** The occasion of a time of the schedule, the same whoever names it. */
export const timeKey = (policyId: string, due: number): CatalogKey =>
  keys.firing(policyId, `at#${new Date(due).toISOString()}`)

/** The occasion that a run of another policy has ended. */
export const afterKey = (policyId: string, runId: string): CatalogKey =>
  keys.firing(policyId, `after#${runId}`)
