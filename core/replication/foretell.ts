import type { ForetoldDeed, ReplicaDetail } from '../contracts/replica-detail.ts'
import type { ReplicaStep } from '../contracts/replicas-api.ts'
import { toProblem } from '../errors/base.ts'
import { timeText } from '../overview/words.ts'
import { quoted } from '../runs/explain.ts'
import { begin, failbackStep, guardTest, type Replica, resume, stop } from './replica.ts'

/** What the catalog knows of the VMs on both sides, as their gateways told last. */
export interface Sides {
  /** Why a failover has to be forced: the VM runs. */
  sourceRuns?: Error | undefined
  /** Why there is no failback: the machine runs. */
  standbyRuns?: Error | undefined
  originName?: string | undefined
  /** Why there would be no run: no gateway serves the pool. */
  unserved?: Partial<Record<'round' | 'test' | 'failover' | 'failback', Error | undefined>>
}

/** What each command would do with a replica as it stands, and why it would be refused. */
export const foretell = (replica: Replica, sides: Sides, now: number): ReplicaDetail['deeds'] => {
  const would = (step: ReplicaStep) => refusalOf(() => begin(replica, step, '', now))
  const refusedBecause = (error: Error | undefined) => (error ? { refused: messageOf(error) } : {})
  const { unserved } = sides
  return {
    // What is refused first stands last.
    round: { ...refusedBecause(unserved?.round), ...would('round'), steps: roundSteps(replica) },
    test: {
      ...refusedBecause(unserved?.test),
      ...refusalOf(() => guardTest(replica)),
      steps: testSteps(replica),
    },
    failover: {
      ...refusedBecause(unserved?.failover),
      ...would('failover'),
      ...(sides.sourceRuns && { risk: messageOf(sides.sourceRuns) }),
      steps: failoverSteps(replica, sides),
    },
    failback: {
      ...refusedBecause(unserved?.failback),
      ...would(failbackStep(replica)),
      ...refusedBecause(sides.standbyRuns),
      steps: failbackSteps(replica, sides),
    },
    stop: { ...refusalOf(() => stop(replica)), steps: STOP },
    resume: { ...refusalOf(() => resume(replica, now)), steps: resumeSteps(replica) },
  }
}

const refusalOf = (attempt: () => unknown): Pick<ForetoldDeed, 'refused'> => {
  try {
    attempt()
    return {}
  } catch (error) {
    return { refused: messageOf(error) }
  }
}

const messageOf = (error: unknown): string => toProblem(error).message.slice(0, 1_000)

const nameOf = ({ vmName }: Replica): string => quoted(vmName, 200)
const standbyName = ({ vmName, standby }: Replica): string =>
  quoted(standby?.name ?? `${vmName.slice(0, 180)} (standby)`, 200)
const poolOf = ({ poolName, poolUuid }: Replica): string => quoted(poolName || poolUuid, 200)

const kept = (keep: number): string => {
  if (keep === 0) return 'No state before it is kept.'
  const states = keep === 1 ? 'one such state is' : `${keep} such states are`
  return `What it held before stays as a snapshot; ${states} kept, the oldest is removed first.`
}

/** What rounds do; also of a definition that is not saved yet. */
export const roundSteps = (replica: Replica): string[] => {
  const { standby, keep, proveEvery } = replica
  return [
    standby
      ? `The newest recovery point of ${nameOf(replica)} that can be read is compared with what ${standbyName(replica)} holds, and only blocks that differ are written; where there is no newer point, nothing is.`
      : `Everything is written from the newest recovery point of ${nameOf(replica)} that can be read to a new virtual machine ${standbyName(replica)} in the pool ${poolOf(replica)}. It has its own UUID and MAC addresses, and its start is blocked.`,
    kept(keep),
    proveEvery === 0
      ? 'It proves that the right bytes were sent; the standby is never read back.'
      : `It proves that the right bytes were sent; ${proveEvery === 1 ? 'each round' : `each ${proveEvery} rounds`} all of the standby is read back and compared.`,
  ]
}

const testSteps = (replica: Replica): string[] => [
  `A copy of the state that you choose is made in the pool ${poolOf(replica)}, without network interfaces unless you name a network, and without images in its drives.`,
  'It is started and looked at as in a boot check; then it is switched off and removed with its disks.',
  `${standbyName(replica)}, its states and its rounds are not touched.`,
]

const failoverSteps = (replica: Replica, { originName }: Sides): string[] => [
  `Rounds stop: what ${nameOf(replica)} writes from now on does not come to ${standbyName(replica)}.`,
  replica.standby
    ? `${standbyName(replica)} goes back to the state of ${timeText(replica.standby.taken)}, or to the earlier one that you choose. What ${nameOf(replica)} wrote after that is not on it.`
    : 'It goes back to its last complete state; the catalog knows of none yet.',
  `It is called ${quoted(`${replica.vmName.slice(0, 180)} (failed over)`, 200)}, the block of its start is taken off, and it is started unless you say otherwise.`,
  `${nameOf(replica)}${originName === undefined ? '' : ` in the pool ${quoted(originName, 200)}`} is not touched: whether it is off is for you to see to.`,
]

const failbackSteps = (replica: Replica, { originName }: Sides): string[] => {
  const origin =
    originName === undefined ? 'at its origin' : `in the pool ${quoted(originName, 200)}`
  const next = failbackStep(replica)
  const steps: Partial<Record<ReplicaStep, string>> = {
    'back-up-standby': `${standbyName(replica)} is backed up: what it wrote since the failover.`,
    'restore-origin': `Blocks that differ are written into ${nameOf(replica)} ${origin}. Where that is gone, its disks do not fit, or you ask for it, a new virtual machine is made in full instead.`,
    rejoin: `${standbyName(replica)} becomes a standby again, and rounds go on.`,
  }
  const order = Object.entries(steps)
  const from = order.findIndex(([step]) => step === next)
  return [
    ...order.slice(from).map(([, text]) => text),
    `Nothing is started: ${nameOf(replica)} is started by you, once this is over.`,
  ]
}

const STOP = ['No more rounds are begun. The standby and its states stay as they are.']

const resumeSteps = ({ phase }: Replica): string[] => [
  ...(phase === 'failing-over'
    ? [
        'The failover is given up. Where it got as far as making the standby the machine, rounds refuse to write to it.',
      ]
    : []),
  'A round is begun at once, and then as often as was said.',
]
