import type { SiteTask } from '../contracts/site-graph.ts'
import type { SiteMember } from '../contracts/site-point.ts'
import type {
  RestorePhase,
  SiteRestoreJob,
  SiteRestoreStep,
} from '../contracts/site-restore-plan.ts'
import type { SiteRole } from '../contracts/site-roles.ts'
import { clip } from './known.ts'
import { quoted, roleWord } from './words.ts'

/** A step before it is known what it waits for. */
export type Step = Omit<SiteRestoreStep, 'after'> & {
  /** Comes after the one before it in its phase. */
  inLine?: true
}

/** Where members of each role come back. Of a server with several roles the earliest counts. */
const PHASES: readonly (readonly [SiteRole, RestorePhase])[] = [
  ['pool-metadata', 'pools'],
  ['host-metadata', 'pools'],
  ['dc', 'directory'],
  ['sql', 'databases'],
  ['license', 'licences'],
  ['ddc', 'controllers'],
  ['storefront', 'storefront'],
  ['custom', 'services'],
  ['pvs', 'images'],
  ['master-image', 'images'],
  ['template', 'images'],
  ['dedicated', 'desktops'],
  ['pooled', 'desktops'],
]

export const phaseOf = (roles: readonly SiteRole[]): readonly [SiteRole, RestorePhase] =>
  PHASES.find(([role]) => roles.includes(role)) ?? ['custom', 'services']

/** @returns `2026-11-23 02:00 UTC` */
export const timeText = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`

interface Facts {
  tombstoneDays: number | undefined
  /** Of how many machines the task's role has one each, so that one may be left. */
  ofRole: number
}

/** How one member of a site comes back. */
export const stepOf = (task: SiteTask, member: SiteMember, facts: Facts): Step => {
  const [role, phase] = phaseOf(task.roles)
  const { point } = member
  const id = `restore:${task.id}`
  if (!point)
    return {
      ...{ id: `missing:${task.id}`, phase, role, kind: 'manual', dangers: [] },
      title: clip(
        `Bring back the ${roleWord(role)} ${quoted(member.subjectName)} without this point`,
        500,
      ),
      does: [
        `This point of the site has nothing of it. ${member.because ?? ''}`.trim(),
        'If it still works, this step is done. Else restore it from its newest point of another run ("xenkeep points"), or make it anew.',
      ],
      confirm: `${quoted(member.subjectName)} works, or the site can do without it.`,
    }
  const when = `as of ${timeText(point.taken)}`
  switch (task.kind) {
    case 'vm':
      return vmStep(task, { id, phase, role, pointId: point.pointId, when }, facts)
    case 'template':
      return {
        ...{ id, phase, role, kind: 'automatic', dangers: [] },
        title: clip(`Restore the template ${quoted(task.vmName)}`, 500),
        does: [
          `Makes the template ${quoted(task.vmName)} again, ${when}.`,
          'If the pool still has it, leave this step out.',
        ],
        job: {
          ...{ kind: 'restore-vm', pointId: point.pointId, vmUuid: task.vmUuid },
          ...{ vmName: task.vmName, poolUuid: task.poolUuid, identity: 'new', start: false },
        },
        optional: true,
      }
    case 'component':
      return componentStep(task, member, { id, phase, role, pointId: point.pointId, when }, facts)
    case 'pool-metadata':
      return {
        ...{ id, phase, role, kind: 'automatic', optional: true, dangers: [] },
        title: clip(
          `Ask the pool ${quoted(task.poolName)} whether it would take its database`,
          500,
        ),
        does: [
          `Shows the database of the pool, ${when}, to a pool and has it say whether it would take it. Changes nothing.`,
          'Only of use where the pool itself was lost. If its hosts still run their VMs, leave this step out.',
        ],
        job: {
          ...{ kind: 'rehearse-pool-restore', pointId: point.pointId },
          ...{ poolUuid: task.poolUuid, poolName: task.poolName },
        },
      }
    case 'host':
      return {
        ...{ id, phase, role, kind: 'manual', optional: true },
        title: clip(`Bring back the host ${quoted(task.hostName)}`, 500),
        does: [
          'Only where the host itself was lost: install the same release of XenServer on it, then restore the archive of its control domain from its install medium ("Restore from backup"), or join it to the pool anew.',
          `"xenkeep repo export ${point.pointId} --disk NAME" writes the archive and the facts of the host (interfaces, storage, certificates), ${when}, to files.`,
        ],
        confirm: `The host ${quoted(task.hostName)} is up and a member of its pool.`,
        dangers: [
          'A restore of its control domain replaces what is installed on the host now and restarts it.',
        ],
      }
  }
}

interface Known {
  id: string
  phase: RestorePhase
  role: SiteRole
  pointId: string
  when: string
}

const vmStep = (
  task: Extract<SiteTask, { kind: 'vm' }>,
  { id, phase, role, pointId, when }: Known,
  { tombstoneDays, ofRole }: Facts,
): Step => {
  const name = quoted(task.vmName)
  const isDesktop = phase === 'desktops'
  const isDc = task.roles.includes('dc')
  const identity = task.mcs ? 'disks-only' : 'same'
  const job: SiteRestoreJob = {
    ...{ kind: 'restore-vm', pointId, vmUuid: task.vmUuid, vmName: task.vmName },
    ...{ poolUuid: task.poolUuid, identity },
    start: !isDesktop && role !== 'master-image',
  }
  return {
    ...{ id, phase, role, kind: 'automatic', job },
    title: clip(`Restore the ${roleWord(role)} ${name}`, 500),
    does: [
      task.mcs
        ? `Writes the disks of ${name} back into the machine that is there, ${when}: only blocks that differ.`
        : `Brings ${name} back with its UUID and MAC addresses, ${when}, in place of one that is still there.`,
      ...(isDc && ofRole > 1
        ? [
            'If another domain controller of its domain still works, leave this step out and promote a new one: replication gives it more than any backup can.',
          ]
        : []),
      ...(role === 'master-image'
        ? [
            'If the image is still there, leave this step out. A restored image has no snapshots: take one before a catalog is made of it.',
          ]
        : []),
      ...(isDesktop ? ['If it still works, leave this step out: its users lose nothing.'] : []),
    ],
    confirm: task.mcs
      ? `${name} is shut down, and what was written to it since ${when.replace('as of ', '')} is lost.`
      : `Where ${name} is still there it is replaced: what was written to it since ${when.replace('as of ', '')} is lost.`,
    dangers: [
      ...(isDc ? dcDangers(tombstoneDays) : []),
      ...(task.mcs ? MCS_DANGERS : []),
      ...(isDesktop ? [TRUST] : []),
    ],
    ...(isDc && { inLine: true as const }),
  }
}

const dcDangers = (days: number | undefined): string[] => [
  days === undefined
    ? 'Past the tombstone lifetime of its directory (180 days in most forests, 60 in old ones; nobody could be asked) a domain controller brings deleted objects back: such a point is refused.'
    : `Past ${days} days, the tombstone lifetime of its directory, a domain controller brings deleted objects back: such a point is refused.`,
  'Never write only into its disks and never resume it with its memory: its partners would pass over its changes in silence (USN rollback). A restore of the whole VM gives it a new VM-GenerationID, which guards against that.',
]

const MCS_DANGERS = [
  'Citrix Machine Creation Services made it: the site database knows it by its UUID and its storage. Restore it only into the machine that is there, on the storage that it has.',
  'If the machine is gone: take it out of its catalog (Remove-ProvVM -ForgetVM), restore it as a new VM and add that to a catalog of the kind "Manual".',
]

const TRUST =
  'Its computer account may have changed its password since: where nobody can log on, run Reset-ComputerMachinePassword in it.'

const componentStep = (
  task: Extract<SiteTask, { kind: 'component' }>,
  { subjectUuid }: SiteMember,
  { id, phase, role, pointId, when }: Known,
  { tombstoneDays }: Facts,
): Step => {
  const of = task.instance === undefined ? '' : ` of ${quoted(task.instance)}`
  const title = clip(
    `Restore what the recipe ${quoted(task.recipe)} saved${of} on ${quoted(task.guestName)}`,
    500,
  )
  const dangers = [
    ...(role === 'dc' ? dcDangers(tombstoneDays) : []),
    ...(role === 'sql' ? ['The databases that are there now are replaced.'] : []),
  ]
  const common = { id, phase, role, title, dangers }
  if (subjectUuid === undefined)
    return {
      ...{ ...common, kind: 'manual' },
      does: [
        `Restore the recovery point ${pointId}, ${when}, with the agent of ${quoted(task.guestName)}.`,
        ...howOf(role),
      ],
      confirm: 'It is restored.',
    }
  return {
    ...{ ...common, kind: 'automatic' },
    does: [
      `The agent on ${quoted(task.guestName)} restores it, ${when}. Its settings have to allow the recipe to restore; it takes no orders to do so by itself.`,
      ...howOf(role),
    ],
    job: {
      ...{ kind: 'restore-component', pointId, guestUuid: task.guestUuid },
      ...{ guestName: task.guestName, componentUuid: subjectUuid, recipe: task.recipe },
    },
    confirm: `What the recipe writes on ${quoted(task.guestName)} replaces what is there now.`,
    ...(role === 'ddc' && { optional: true as const }),
    inLine: true,
  }
}

const howOf = (role: SiteRole): string[] => {
  if (role === 'sql')
    return [
      'It is older than the snapshot of the server and sound by itself: take it where the databases of the restored server are not whole, or where the server was made anew. If they are whole, leave this step out and say so.',
    ]
  if (role === 'dc')
    return [
      'Only where the restored machine has no whole directory: it goes by the Directory Services Restore Mode and is not authoritative, so partners bring it up to date.',
    ]
  if (role === 'ddc')
    return [
      'A copy of the configuration beside the site database: only where the database could not be brought back. It does not make machines anew.',
    ]
  return []
}
