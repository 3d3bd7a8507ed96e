import { Option } from 'commander'
import { WireCompression } from '#core/contracts/jobs.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { action, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { startRun } from '../follow/start-run.ts'
import { lockPolicy } from './arguments.ts'

/** `xenkeep backup VM…`. JSON lines, see `startRun`. */
export const backupCommand = (program: Program) =>
  newCommand('backup', 'back up virtual machines now and show the progress', [
    'xenkeep backup db-01 web-01',
    'xenkeep backup --all',
    'xenkeep backup --all --lock governance:30',
    'xenkeep backup db-01 --wire zstd        # the gateway is behind a slow link',
    'xenkeep backup --all --detach --json   # for scripts: start, do not wait',
  ])
    .argument('[vm...]', 'exact names or UUIDs')
    .option('--all', 'every VM that "xenkeep vms" lists')
    .option(
      '--lock <mode:days>',
      'lock the points: governance:30, or compliance:30, which nobody can take back; a store that cannot makes no points',
      lockPolicy,
    )
    .addOption(
      new Option(
        '--wire <compression>',
        'for a slow link: disks that have to be read in full come compressed by the host, all in one stream',
      ).choices(WireCompression.options),
    )
    .option('--detach', 'start the run and return at once')
    .action(
      action(
        program,
        async (
          session,
          names: string[],
          {
            lock,
            wire,
            ...options
          }: { all?: true; detach?: true; lock?: LockPolicy; wire?: WireCompression },
        ) => {
          if (options.all && names.length > 0)
            throw new UsageError('Give names of VMs or --all, not both.')
          const vms = options.all
            ? (await listAll(session.client, 'listVms')).map(vm => vm.uuid)
            : names
          if (vms.length === 0)
            throw new UsageError(
              options.all ? 'No VM is known yet.' : 'Which VM should be backed up?',
              '"xenkeep vms" lists them; --all takes every one.',
            )
          return startRun(session, { kind: 'backup', vms, lock, wire }, options)
        },
      ),
    )
