import { action, answer, newCommand, type Program } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { followRun } from '../follow/follow-run.ts'
import { quoted } from '../output/safe-text.ts'
import { ulid } from './arguments.ts'
import { findReplica } from './replicas.ts'

interface Options {
  force?: true
  point?: string
  start: boolean
}

interface FailbackOptions {
  full?: true
  overwrite?: true
}

/** `xenkeep failover`. JSON lines of the run, see `startRun`. */
export const failoverCommand = (program: Program) =>
  newCommand('failover', 'make a standby the machine: no longer written to, unblocked, started', [
    'xenkeep failover db-01',
    'xenkeep failover db-01 --point 01JD9W5R6D3S0Q6Z1B4W8TXY2K --force',
    'xenkeep boot-check latest:db-01 --pool 7c0e…   # a rehearsal: isolated, and removed again',
  ])
    .argument('<vm>', 'exact name or UUID of the VM, or the id of the replica')
    .option('--force', 'although the VM was running when its gateway told last')
    .option(
      '--point <point>',
      'a previous state (default: the newest); "xenkeep replicas --json" lists them',
    )
    .option('--no-start', 'unblock it, and leave starting to somebody')
    .action(
      action(program, async (session, wanted: string, { force, point, start }: Options) => {
        const { replicaId } = await findReplica(session, wanted)
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

/** `xenkeep failback`. JSON: `{"replicaId","runId"}`. */
export const failbackCommand = (program: Program) =>
  newCommand(
    'failback',
    'bring a machine that was failed over back: backed up, written into the VM at its origin, standby again',
    [
      'xenkeep failback db-01',
      'xenkeep failback db-01 --overwrite   # the VM at the origin was started since; nothing on it is needed',
      'xenkeep failback db-01 --full        # leave the VM at the origin alone, make a new one beside it',
    ],
  )
    .argument('<vm>', 'exact name or UUID of the VM, or the id of the replica')
    .option('--full', 'as a new VM at the origin, in full')
    .option(
      '--overwrite',
      'also into a VM that was started since; its state is kept as a snapshot of it',
    )
    .action(
      action(program, async (session, wanted: string, options: FailbackOptions) => {
        const { full = false, overwrite = false } = options
        if (full && overwrite)
          throw new UsageError(
            '--full leaves the VM at the origin alone, and --overwrite writes over it.',
            'Say one of them.',
          )
        const { replicaId, vmName } = await findReplica(session, wanted)
        const body = { command: 'failback' as const, full, overwrite }
        const reply = await session.client.call('commandReplica', { params: { replicaId }, body })
        answer(session, reply, () => [
          `The failback of ${quoted(vmName)} has begun: a backup, ${full ? 'a new VM in full at its origin' : 'only blocks that differ into the VM at its origin (a new VM in full where that is gone)'}, then the standby stands by again. "xenkeep replicas" shows how far it is; repeat this command if a step fails.`,
        ])
        return ExitCode.ok
      }),
    )
