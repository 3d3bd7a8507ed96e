import { Option } from 'commander'
import type { z } from 'zod'
import { WireCompression } from '#core/contracts/jobs.ts'
import type { Fallback, Method, WhenOneFails } from '#core/contracts/methods.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { action, newCommand, type Program } from '../command.ts'
import { UsageError } from '../errors.ts'
import { startRun } from '../follow/start-run.ts'
import { allVms } from './all-vms.ts'
import { lockPolicy, wholeNumber } from './arguments.ts'
import {
  excludedDisk,
  fallbackName,
  methodName,
  ownMethod,
  type PerVm,
  perVmOf,
  whenOneFails,
} from './methods.ts'

interface BackupOptions extends PerVm {
  all?: true
  templates?: Named
  poolMetadata?: Named
  hosts?: Named
  detach?: true
  lock?: LockPolicy
  wire?: WireCompression
  method?: Method
  fallback?: Fallback
  shutdownSeconds?: number
  freezeSeconds?: number
  /** `true`: the option alone. */
  together?: true | z.infer<typeof WhenOneFails>
}

/** `true`: the option without a name. */
type Named = true | string[]

const collect = (name: string, before: Named | undefined): string[] => [
  ...(Array.isArray(before) ? before : []),
  name,
]

const allOr = (named: Named): 'all' | string[] => (named === true ? 'all' : named)

/** `xenkeep backup VM…`. JSON lines, see `startRun`. */
export const backupCommand = (program: Program) =>
  newCommand('backup', 'back up virtual machines now and show the progress', [
    'xenkeep backup db-01 web-01',
    'xenkeep backup --all',
    'xenkeep backup --all --lock governance:30',
    'xenkeep backup db-01 --wire zstd        # the gateway is behind a slow link',
    'xenkeep backup --pool-metadata --hosts   # the pools themselves',
    'xenkeep backup --templates',
    'xenkeep backup db-01 --method memory --fallback crash',
    'xenkeep backup db-01 web-01 --method-of db-01=offline:hard-shutdown --exclude web-01:2',
    'xenkeep backup app-01 db-01 --together',
    'xenkeep backup --all --detach --json   # for scripts: start, do not wait',
  ])
    .argument('[vm...]', 'exact names or UUIDs')
    .option('--all', 'every VM that "xenkeep vms" lists, but standbys')
    .option(
      '--templates [template]',
      'custom templates with their disks; all, or those named',
      collect,
    )
    .option(
      '--pool-metadata [pool]',
      'the database of each pool and the records of its VMs',
      collect,
    )
    .option('--hosts [host]', 'the control domain of each host', collect)
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
    .option(
      '--method <method>',
      'normal (as after a power cut), quiesced (applications at rest), memory, or offline (shut down and started again)',
      methodName,
    )
    .option(
      '--fallback <what>',
      'when the method cannot be had: fail (default), crash (a crash-consistent point that says so), or hard-shutdown (offline only)',
      fallbackName,
    )
    .option(
      '--shutdown-seconds <n>',
      'offline: how long a guest may take to shut down (300)',
      wholeNumber,
    )
    .option(
      '--freeze-seconds <n>',
      'quiesced: how long a guest may be held still (10)',
      wholeNumber,
    )
    .option(
      '--method-of <vm=method[:fallback]>',
      'another method for one of the VMs; may be repeated',
      ownMethod,
    )
    .option('--exclude <vm:disk>', 'leave out a disk by its number; may be repeated', excludedDisk)
    .option(
      '--together [when-one-fails]',
      'take all snapshots before any is read; "group" (default): if one fails all do, "without": the others go on',
      whenOneFails,
    )
    .option('--detach', 'start the run and return at once')
    .action(
      action(
        program,
        async (session, names: string[], { lock, wire, detach, ...wanted }: BackupOptions) => {
          if (wanted.all && names.length > 0)
            throw new UsageError('Give names of VMs or --all, not both.')
          const vms = wanted.all ? await allVms(session) : names
          const { templates, poolMetadata: pools, hosts } = wanted
          if (vms.length === 0 && !templates && !pools && !hosts)
            throw new UsageError(
              wanted.all ? 'No VM is known yet.' : 'Which VM should be backed up?',
              '"xenkeep vms" lists them; --all takes every one.',
            )
          const components = {
            ...(templates && { templates: allOr(templates) }),
            ...(pools && { pools: allOr(pools) }),
            ...(hosts && { hosts: allOr(hosts) }),
          }
          const { method, fallback, shutdownSeconds, freezeSeconds, together } = wanted
          const request = {
            kind: 'backup' as const,
            vms,
            ...components,
            lock,
            wire,
            method,
            fallback,
            shutdownSeconds,
            freezeSeconds,
            perVm: perVmOf(wanted),
            ...(together && {
              together: { whenOneFails: together === true ? 'group' : together } as const,
            }),
          }
          return startRun(session, request, detach ? { detach } : {})
        },
      ),
    )
