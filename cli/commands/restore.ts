import type { RestoreIdentity, RestoreWishes } from '#core/contracts/restore.ts'
import { RestoreRule } from '#core/contracts/restore-rules.ts'
import { action, newCommand, type Program } from '../command.ts'
import { startRun } from '../follow/start-run.ts'
import { overridesOf } from './overrides.ts'
import { oneOf, pairsOf } from './pairs.ts'
import { resolvePoint } from './resolve-point.ts'

interface Options {
  name?: string
  pool?: string
  identity?: RestoreIdentity
  disk: string[]
  attachTo?: string
  sr: string[]
  network: string[]
  missingNetworks?: RestoreWishes['missingNetworks']
  macs?: RestoreWishes['macs']
  resume?: true
  homeServer?: string
  keepHa?: true
  keepVapp?: true
  replace?: true
  shutDown?: true
  keepSafetySnapshot?: true
  override: string[]
  plan?: true
  start?: true
  evenIfIncomplete?: true
  detach?: true
}

const gather = (value: string, before: string[]) => [...before, value]

/** `xenkeep restore POINT…`. JSON lines, see `startRun`. */
export const restoreCommand = (program: Program) =>
  newCommand('restore', 'restore virtual machines from recovery points', [
    'xenkeep restore latest:db-01 --plan   # what would be done; nothing is',
    'xenkeep restore latest:db-01',
    'xenkeep restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --name "db-01 (restored)" --start',
    'xenkeep restore latest:db-01 --identity same --replace --shut-down --start',
    'xenkeep restore latest:db-01 --resume --network 0=Isolated --start',
    'xenkeep restore latest:db-01 --identity disks-only --shut-down',
    'xenkeep restore latest:db-01 --disk 1 --attach-to rescue   # one disk, as a new one',
    'xenkeep restore latest:db-01 latest:web-01 --sr "Fast SSD" --network 0=Isolated',
  ])
    .argument('<point...>', 'ids of recovery points, or latest:VM (exact name or UUID)')
    .option(
      '--name <name>',
      'name of the restored VM or single disk (default: made from the old one)',
    )
    .option('--pool <uuid>', 'pool to restore into (default: where it was)')
    .option(
      '--identity <kind>',
      'new: another VM (default); same: the VM itself, UUID and MACs kept; disks-only: into the VM that is there, only blocks that differ',
      oneOf('identity', ['new', 'same', 'disks-only']),
    )
    .option(
      '--disk <disk>',
      'only this disk, by its userdevice, VDI UUID or name: a new disk without a VM, or with --identity disks-only the one that is written into; may be repeated',
      gather,
      [],
    )
    .option(
      '--attach-to <vm>',
      'attach the disks of --disk to this VM, name or UUID (default: to none)',
    )
    .option(
      '--sr <[disk=]sr>',
      "storage for the disks, or for one of them by its userdevice: 1=NAME (name or UUID; default: the pool's own); may be repeated",
      gather,
      [],
    )
    .option(
      '--network <device=network>',
      'network of an interface (name or UUID), or none; may be repeated',
      gather,
      [],
    )
    .option(
      '--missing-networks <what>',
      'where the pool does not have the network of an interface: leave-out (default) or refuse',
      oneOf('missing-networks', ['leave-out', 'refuse']),
    )
    .option('--macs <what>', 'MAC addresses: new (default) or keep', oneOf('macs', ['new', 'keep']))
    .option(
      '--resume',
      'make the VM suspended with the memory of the point, --start resumes it; of a new VM, name the network of each interface (default: it starts as after a power cut)',
    )
    .option('--home-server <host>', 'home server of the VM, name or UUID (default: none)')
    .option('--keep-ha', 'keep the restart priority of high availability (default: off)')
    .option('--keep-vapp', 'put the VM into the vApp it was in (default: into none)')
    .option('--replace', 'consent to replace the VM of the same UUID that is still there')
    .option('--shut-down', 'consent to shut down the VM that is replaced or written into')
    .option(
      '--keep-safety-snapshot',
      'keep the snapshot of the former state (default: it goes when all is proven)',
    )
    .option(
      '--override <rule=reason>',
      `set aside a rule that refused the restore, and say why: ${RestoreRule.options.join(', ')}; the reason is kept; may be repeated`,
      gather,
      [],
    )
    .option('--plan', 'tell step by step what would be done, and do nothing')
    .option('--start', 'start the VM when its disks are written and proven')
    .option(
      '--even-if-incomplete',
      'in a region that took over: try also a point of which not all had arrived there yet',
    )
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, points: string[], options: Options) => {
        const { srUuid, ...wishes } = wishesOf(options)
        const pointIds: string[] = []
        for (const point of points) pointIds.push(await resolvePoint(session, point))
        const [first = ''] = pointIds
        const { name, pool, start = false, evenIfIncomplete } = options
        const request = {
          kind: 'restore' as const,
          pointId: pointIds.length === 1 ? first : pointIds,
          start,
          ...(name ? { newName: name } : {}),
          ...(evenIfIncomplete && { evenIfIncomplete }),
          ...(pool ? { poolUuid: pool } : {}),
          ...(srUuid ? { srUuid } : {}),
          ...(Object.keys(wishes).length > 0 ? { wishes } : {}),
        }
        return startRun(session, request, options)
      }),
    )

const wishesOf = (options: Options): RestoreWishes & { srUuid?: string } => {
  const { disk, attachTo, sr, network, identity, missingNetworks, macs, homeServer } = options
  const srs = pairsOf('--sr', sr, 'optional')
  const networks = pairsOf('--network', network, 'required')
  const { '': srForAll, ...diskSrs } = srs
  return {
    ...(identity && { identity }),
    ...(disk.length > 0 && { disks: disk }),
    ...(attachTo && { attachTo }),
    ...(srForAll && (UUID.test(srForAll) ? { srUuid: srForAll } : { sr: srForAll })),
    ...(Object.keys(diskSrs).length > 0 && { diskSrs }),
    ...(Object.keys(networks).length > 0 && { networks }),
    ...(missingNetworks && { missingNetworks }),
    ...(macs && { macs }),
    ...(homeServer && { homeServer }),
    ...(options.resume && { resume: true }),
    ...(options.keepHa && { keepHa: true }),
    ...(options.keepVapp && { keepAppliance: true }),
    ...(options.replace && { replace: true }),
    ...(options.shutDown && { shutDown: true }),
    ...(options.keepSafetySnapshot && { keepSafetySnapshot: true }),
    ...(options.override.length > 0 && { overrides: overridesOf(options.override) }),
    ...(options.plan && { planOnly: true }),
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
