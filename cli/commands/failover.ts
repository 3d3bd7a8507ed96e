import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { followRun } from '../follow/follow-run.ts'
import { quoted } from '../output/safe-text.ts'
import { ulid, wholeNumber } from './arguments.ts'
import { guardTest, type TestOptions, testOf } from './failover-test.ts'
import { foretoldLines } from './replica-lines.ts'
import { findReplica } from './replicas.ts'
import { duration } from './replicate.ts'

interface Options extends TestOptions {
  force?: true
  start: boolean
  test?: true
  plan?: true
}

interface FailbackOptions {
  full?: true
  overwrite?: true
  plan?: true
}

/** `xenkeep failover`. JSON lines of the run, see `startRun`; with `--plan` `{"plan":ForetoldDeed}`. */
export const failoverCommand = (program: Program) =>
  newCommand('failover', 'make a standby the machine: no longer written to, unblocked, started', [
    'xenkeep failover db-01 --plan',
    'xenkeep failover db-01',
    'xenkeep failover db-01 --point 01JD9W5R6D3S0Q6Z1B4W8TXY2K --force',
    'xenkeep failover db-01 --test   # a rehearsal: a copy without network, looked at and removed',
    'xenkeep failover db-01 --test --for 30m --network 6c1a…',
  ])
    .argument('<vm>', 'exact name or UUID of the VM, or the id of the replica')
    .option('--plan', 'tell what it (or with --test, a test) would do, and do nothing')
    .option('--force', 'although the VM was running when its gateway told last')
    .option(
      '--point <point>',
      'a previous state (default: the newest); "xenkeep replicas --json" lists them',
    )
    .option('--no-start', 'unblock it, and leave starting to somebody')
    .option('--test', 'start a copy of its state instead, isolated; standby and rounds go on')
    .option('--for <time>', 'of a test: how long the copy stays to be looked at: 30m, 2h', duration)
    .option('--network <uuid>', 'of a test: put its interfaces on this network (default: none)')
    .option('--timeout <seconds>', 'of a test: for all of it (default: 900)', wholeNumber)
    .option('--script <name>', "of a test: ask this program of the gateway's settings")
    .option('--guest-verdict', 'of a test: wait for the verdict of the guest itself')
    .action(
      action(program, async (session, wanted: string, options: Options) => {
        const { force, point, start, plan, ...tests } = options
        guardTest({ ...tests, start, ...(force && { force }) })
        const { replicaId } = await findReplica(session, wanted)
        if (plan) return foretell(session, replicaId, options.test ? 'test' : 'failover')
        if (options.test) {
          const { runId } = await session.client.call('commandReplica', {
            params: { replicaId },
            body: testOf(options),
          })
          return runId === undefined ? ExitCode.ok : followRun(session, runId)
        }
        const body = {
          command: 'failover' as const,
          force: force ?? false,
          start,
          ...(point ? { pointId: ulid(point, 'recovery point', 'xenkeep replicas --json') } : {}),
        }
        const { runId } = await session.client.call('commandReplica', {
          params: { replicaId },
          body,
        })
        return runId === undefined ? ExitCode.ok : followRun(session, runId)
      }),
    )

/** Exit code 0 also where it would be refused: the answer was given. */
const foretell = async (
  session: Session,
  replicaId: string,
  deed: keyof ReplicaDetail['deeds'],
): Promise<ExitCode> => {
  const { deeds } = await session.client.call('getReplica', { params: { replicaId } })
  answer(session, { plan: deeds[deed] }, () => [
    ...foretoldLines(deeds[deed]),
    'Nothing was done yet.',
  ])
  return ExitCode.ok
}

/** `xenkeep failback`. JSON: `{"replicaId","runId"}`; with `--plan` `{"plan":ForetoldDeed}`. */
export const failbackCommand = (program: Program) =>
  newCommand(
    'failback',
    'bring a machine that was failed over back: backed up, written into the VM at its origin, standby again',
    [
      'xenkeep failback db-01 --plan',
      'xenkeep failback db-01',
      'xenkeep failback db-01 --overwrite   # also over what the VM at the origin wrote since',
      'xenkeep failback db-01 --full        # leave the VM at the origin alone, make a new one',
    ],
  )
    .argument('<vm>', 'exact name or UUID of the VM, or the id of the replica')
    .option('--plan', 'tell what it would do, or go on with, and do nothing')
    .option('--full', 'as a new VM at the origin, in full')
    .option(
      '--overwrite',
      'also into a VM that was started since; its state is kept as a snapshot of it',
    )
    .action(
      action(program, async (session, wanted: string, options: FailbackOptions) => {
        const { full = false, overwrite = false, plan } = options
        if (full && overwrite)
          throw new UsageError(
            '--full leaves the VM at the origin alone, and --overwrite writes over it.',
            'Say one of them.',
          )
        const { replicaId, vmName } = await findReplica(session, wanted)
        if (plan) return foretell(session, replicaId, 'failback')
        const body = { command: 'failback' as const, full, overwrite }
        const reply = await session.client.call('commandReplica', { params: { replicaId }, body })
        answer(session, reply, () => [
          `The failback of ${quoted(vmName)} has begun: a backup, ${full ? 'a new VM in full at its origin' : 'only blocks that differ into the VM at its origin (a new VM in full where that is gone)'}, then the standby stands by again. "xenkeep replicas" shows how far it is; repeat this command if a step fails.`,
        ])
        return ExitCode.ok
      }),
    )
