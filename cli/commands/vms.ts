import type { GatewayView } from '#core/contracts/runs-api.ts'
import type { VmView } from '#core/contracts/vms-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { ExitCode } from '../exit-codes.ts'
import { tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { formatBytes, type TimeFormat } from '../output/units.ts'

/** `xenkeep vms`: what the pools hold, and when each VM was last backed up. JSON: `{"vms":[VmView]}`. */
export const vmsCommand = (program: Program) =>
  newCommand('vms', 'list the virtual machines and when each was last backed up', [
    'xenkeep vms',
    "xenkeep vms --json | jq -r '.vms[] | select(.lastPoint == null) | .name'   # never backed up",
    'xenkeep vms --unprotected   # what no policy backs up by itself',
    'xenkeep vms --templates',
  ])
    .option('--templates', 'custom templates instead; default templates are never listed')
    .option('--unprotected', 'only those that no policy backs up by itself')
    .action(
      action(program, async (session, { templates, unprotected }: VmsOptions) => {
        const of = templates ? 'templates' : 'vms'
        const query = { of, ...(unprotected && { unprotected: 'true' }) }
        const vms = (await listAll(session.client, 'listVms', query)).sort(byPoolAndName)
        const gateways = await listAll(session.client, 'listGateways')
        const none =
          unprotected && gateways.some(({ pools }) => pools.length > 0)
            ? ['Every VM is backed up by some policy.']
            : whyEmpty(gateways, of)
        const empty = vms.length === 0 ? none : []
        answer(session, { vms }, () =>
          vms.length > 0 ? table(columns(session.host.time), vms) : empty,
        )
        for (const { address, problem } of gateways.flatMap(({ unreachable = [] }) => unreachable))
          tell(
            session.host,
            safeText(`warning: the pool at ${address} does not answer: ${problem}`),
          )
        return ExitCode.ok
      }),
    )

interface VmsOptions {
  templates?: true
  unprotected?: true
}

const byPoolAndName = (a: VmView, b: VmView): number =>
  a.poolName.localeCompare(b.poolName) || a.name.localeCompare(b.name, 'en', { numeric: true })

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

const policiesText = ({ policies, standby }: VmView): string =>
  policies && policies.length > 0
    ? safeText(policies.map(({ name }) => name).join(', '))
    : standby
      ? '(standby)'
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
