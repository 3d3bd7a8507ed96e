import { randomBytes } from 'node:crypto'
import { type GuestOfMachine, guestOf } from '#test/support/guest-of-machine.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { backUpSite } from './back-up-site.ts'

/** Long ones, and one that would be markup; their disks are files of the same name. */
const NAMES = ['x'.repeat(200), 'long words '.repeat(18).trim(), `<b>"quoted" 'twice' & {{}}`]
const LONG = 'nightly '.repeat(20).trim()

/** A machine on which something of everything was done: points, policies, runs that ended well, in failure and not yet, a hold, a channel, a token. */
export const startLivedIn = async () => {
  const machine = await startMachine({
    web: [randomBytes(MiB), randomBytes(MiB)],
    db: [randomBytes(MiB)],
    ...Object.fromEntries(NAMES.map(name => [name, [randomBytes(MiB)]])),
  })
  let guest: GuestOfMachine | undefined
  const stop = async () => {
    await guest?.stop()
    await machine.stop()
  }
  try {
    guest = await guestOf(machine, { name: LONG, recipes: { 'sql-server': {} } })
    return { machine, paths: await liveIn(machine, guest), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const liveIn = async (machine: Machine, guest: GuestOfMachine) => {
  const { person, backup, pool, start, finished, pointOf } = machine
  await backup('web')
  const ended = await start(['web', ...NAMES])
  await finished(ended)
  const point = await pointOf(await start(['db']))
  const { policy } = await person.call('createPolicy', {
    body: {
      name: `Nightly "1" <b>all</b> ${LONG}`,
      description: 'What the contract asks for.',
      selection: { include: [{ all: true }], exclude: [{ names: ['db'] }] },
      schedule: { cron: '0 22 * * *', timeZone: 'Europe/Berlin' },
      retention: { daily: 7, weekly: 4, monthly: 12 },
      lock: { mode: 'governance', days: 14 },
    } as never,
  })
  pool.state.faults.add({
    ...{ kind: 'fail-call', method: 'VM.snapshot', times: 99 },
    error: ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
  })
  const failed = await person
    .call('startRun', { body: { kind: 'policy', policyId: policy.policyId } })
    .then(({ runId }) => runId)
  await finished(failed)
  pool.state.faults.clear()
  await person.call('placeHold', {
    body: { on: { vmUuid: point.vmUuid }, reason: `court file 7: ${'x'.repeat(120)}` },
  })
  await person.call('createToken', { body: { name: 'ticket system', role: 'viewer' } })
  await person.call('createChannel', {
    body: {
      name: 'operations',
      to: { kind: 'webhook', url: 'https://hooks.example.org/xenkeep', secret: 'hook' },
    } as never,
  })
  const { siteId, sitePointId, restoreId } = await backUpSite(machine, LONG, point.vmUuid)
  const [gateway] = (await person.call('listGateways')).items
  return {
    gateway: `/gateways/${gateway?.gatewayId}`,
    vm: `/vms/${point.vmUuid}`,
    policy: `/policies/${policy.policyId}`,
    'policy-edit': `/policies/${policy.policyId}/edit`,
    'policy-new': '/policies/new',
    'run-ended': `/runs/${ended}`,
    'run-failed': `/runs/${failed}`,
    holds: '/repository/holds',
    site: `/sites/${siteId}`,
    'site-new': '/sites/new',
    'site-edit': `/sites/${siteId}/edit`,
    'site-point': `/sites/${siteId}/points/${sitePointId}`,
    'site-restore': `/sites/${siteId}/restores/${restoreId}`,
    guest: `/guests/${guest.guestUuid}`,
    'guest-restore': `/guests/${guest.guestUuid}/restore/${await guest.backup()}`,
    'restore-of-point': `/restore?point=${point.pointId}`,
    'no-such-page': '/nowhere',
    'no-such-run': '/runs/01J00000000000000000000009',
    'no-such-vm': '/vms/00000000-0000-4000-8000-000000000009',
    'no-such-policy': '/policies/01J00000000000000000000009',
  }
}
