import type { GatewayView } from '#core/contracts/runs-api.ts'
import { PowerState, VmOrder, type VmView } from '#core/contracts/vms-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { tell } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { formatBytes, type TimeFormat } from '../output/units.ts'
import { findPolicy } from '../policies/find-policy.ts'
import { acknowledgeCommand } from './vms/acknowledge.ts'
import { showVmCommand } from './vms/show.ts'

/** `xenkeep vms`: what the pools hold, and when each VM was last backed up. JSON: `{"vms":[VmView]}`. */
export const vmsCommand = (program: Program) =>
  newCommand('vms', 'list the virtual machines and when each was last backed up', [
    'xenkeep vms',
    "xenkeep vms --json | jq -r '.vms[] | select(.lastPoint == null) | .name'   # never backed up",
    'xenkeep vms --unprotected   # what no policy backs up by itself',
    'xenkeep vms --search web --pool "Pool A" --sort oldest',
    'xenkeep vms --unusual   # whose last backups look unlike those before, which may be ransomware',
    'xenkeep vms show db-01',
    'xenkeep vms --templates',
  ])
    .option('--templates', 'custom templates instead; default templates are never listed')
    .option('--unprotected', 'only those that no policy backs up by itself')
    .option('--unusual', 'only those that changed unusually where nobody said why')
    .option(
      '--search <text>',
      'only those whose name contains this, capitals or not, or their UUID',
    )
    .option('--pool <pool>', 'only those of this pool (exact name or UUID)')
    .option('--tag <tag>', 'only those that bear this tag')
    .option('--policy <policy>', 'only those that this policy backs up by itself (name or id)')
    .option(
      '--state <state>',
      'only those that are halted, paused, running or suspended',
      powerState,
    )
    .option('--sort <order>', 'name, newest or oldest (by the last backup)', order)
    .action(
      action(program, async (session, options: VmsOptions) => {
        const { templates, unprotected } = options
        const of = templates ? 'templates' : 'vms'
        const narrowing = await narrowingOf(session, options)
        const isNarrowed = Object.keys(narrowing).length > 0
        const found = await listAll(session.client, 'listVms', { of, ...narrowing })
        const vms = options.sort === undefined ? found.sort(byPoolAndName) : found
        const gateways = await listAll(session.client, 'listGateways')
        const none =
          unprotected &&
          Object.keys(narrowing).length === 1 &&
          gateways.some(({ pools }) => pools.length > 0)
            ? ['Every VM is backed up by some policy.']
            : isNarrowed
              ? ['No VM matches.']
              : whyEmpty(gateways, of)
        const empty = vms.length === 0 ? none : []
        answer(session, { vms }, () =>
          vms.length > 0 ? table(columnsFor(vms, session.host.time), vms) : empty,
        )
        for (const { address, problem } of gateways.flatMap(({ unreachable = [] }) => unreachable))
          tell(
            session.host,
            safeText(`warning: the pool at ${address} does not answer: ${problem}`),
          )
        return ExitCode.ok
      }),
    )
    .addCommand(showVmCommand(program))
    .addCommand(acknowledgeCommand(program))

interface VmsOptions {
  templates?: true
  unprotected?: true
  unusual?: true
  search?: string
  pool?: string
  tag?: string
  policy?: string
  state?: VmView['powerState']
  sort?: VmOrder
}

/** As the API takes it; without any of it, the list costs the least. */
const narrowingOf = async (
  { client }: Session,
  { unprotected, unusual, search, pool, tag, policy, state, sort }: VmsOptions,
): Promise<Record<string, string>> => {
  const named = policy === undefined ? undefined : await findPolicy(client, policy)
  return {
    ...(unprotected && { unprotected: 'true' }),
    ...(unusual && { unusual: 'true' }),
    ...(search !== undefined && { search }),
    ...(pool !== undefined && { pool }),
    ...(tag !== undefined && { tag }),
    ...(named && { policy: named.policy.policyId }),
    ...(state && { state }),
    ...(sort && { sort }),
  }
}

/** For commander. @throws `USAGE` */
const powerState = (text: string): VmView['powerState'] => {
  const found = PowerState.options.find(state => state.toLowerCase() === text.toLowerCase())
  if (found) return found
  throw new UsageError(
    `${quoted(text)} is no state of a VM.`,
    'One of halted, paused, running, suspended.',
  )
}

/** For commander. @throws `USAGE` */
const order = (text: string): VmOrder => {
  const found = VmOrder.safeParse(text)
  if (found.success) return found.data
  throw new UsageError(`${quoted(text)} is no order of a list.`, 'One of name, newest, oldest.')
}

const byPoolAndName = (a: VmView, b: VmView): number =>
  a.poolName.localeCompare(b.poolName) || a.name.localeCompare(b.name, 'en', { numeric: true })

/** Where nothing is unusual, nothing is said of it. */
const columnsFor = (vms: readonly VmView[], time: TimeFormat): Column<VmView>[] => {
  const all = columns(time)
  if (vms.every(({ unusual }) => !unusual)) return all
  const change: Column<VmView> = {
    title: 'CHANGE',
    cell: ({ unusual }) =>
      unusual
        ? `${unusual.suspicious ? 'POSSIBLE RANSOMWARE' : 'unusual'} (${time(unusual.taken)})`
        : '-',
  }
  return [...all.slice(0, -1), change, ...all.slice(-1)]
}

const columns = (time: TimeFormat): Column<VmView>[] => [
  { title: 'NAME', cell: vm => safeText(vm.name) },
  { title: 'STATE', cell: vm => vm.powerState.toLowerCase() },
  { title: 'HOST', cell: vm => safeText(vm.host ?? '-') },
  { title: 'POOL', cell: vm => safeText(vm.poolName) },
  { title: 'DISKS', cell: vm => String(vm.disks.length), align: 'right' },
  { title: 'SIZE', cell: vm => formatBytes(vm.size), align: 'right' },
  { title: 'CBT', cell: cbtText },
  {
    title: 'LAST BACKED UP',
    cell: vm => (vm.lastPoint === undefined ? 'never' : time(vm.lastPoint)),
  },
  { title: 'POLICIES', cell: policiesText },
  { title: 'UUID', cell: vm => vm.uuid },
]

const policiesText = ({ policies, standby, discarded }: VmView): string =>
  policies && policies.length > 0
    ? safeText(policies.map(({ name }) => name).join(', '))
    : standby
      ? '(standby)'
      : discarded
        ? '(pooled)'
        : '-'

/** Whether XenServer tracks changed blocks, so that the next backup can be incremental. */
const cbtText = ({ disks }: VmView): string => {
  const on = disks.filter(disk => disk.cbt).length
  return disks.length === 0 ? '-' : on === disks.length ? 'on' : on === 0 ? 'off' : 'partly'
}

const whyEmpty = (gateways: readonly GatewayView[], of: 'vms' | 'templates'): string[] => {
  const pools = gateways.flatMap(gateway => gateway.pools)
  if (gateways.length === 0)
    return ['No VM is known: no gateway has been enrolled yet. "xenkeep up" starts one.']
  if (pools.length === 0)
    return [
      'No VM is known: the gateway has not reached any pool yet.',
      'The terminal where "xenkeep up" runs, and logs/gateway.log in the data directory, say why.',
    ]
  if (of === 'templates')
    return ['The pools hold no custom template (those that come with XenServer are not counted).']
  return ['The pools hold no virtual machine (templates, snapshots and dom0 are not counted).']
}
