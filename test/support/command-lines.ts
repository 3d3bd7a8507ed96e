import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { POOL, vmUuid } from './fake-gateway.ts'
import { type busySite, COMPONENT_POINT, SITE_POINT } from './good-calls.ts'
import { SITE } from './sealed-site.ts'

type Ids = Awaited<ReturnType<typeof busySite>>['ids']

/** A line of a command, behind its name. */
export interface Line {
  words: readonly string[]
  /** It is refused so at the busy site, which has one region, and a standby that holds nothing yet. */
  refusal?: string
}

const POINT = '01J000000000000000000000PT'
const SPARE_POINT = '01J0000000000000000000002D'
const UNUSUAL_POINT = '01J0000000000000000000003D'

const POLICY = {
  name: 'Weekly',
  selection: { include: [{ all: true }] },
  retention: { weekly: 4 },
}

/**
 * Lines of every command that asks a control plane, which together make all of its calls, with every option that becomes part of one.
 * @param folder where files for them are written
 */
export const linesAt = (ids: Ids, folder: string): Record<string, readonly Line[]> => {
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  const line = (...words: string[]): Line => ({ words })
  const refused = (refusal: string, ...words: string[]): Line => ({ words, refusal })
  const period = ['--since', '7d', '--until', '2026-11-22T12:00Z']
  const policy = file('weekly.json', POLICY)
  const site = file('vienna.json', SITE)
  const otherSite = file('graz.json', {
    ...{ ...SITE, name: 'Graz', description: 'another one', freeze: { seconds: 20 } },
    order: [{ earlier: 'sql', later: 'ddc' }],
    domainControllers: { tombstoneDays: 180 },
  })
  const edited = file('nightly.json', { ...POLICY, name: 'Nightly' })
  return {
    whoami: [line()],
    openapi: [line()],
    cost: [line(), line('--vms', '50', '--tb', '10')],
    overview: [line()],
    vms: [
      line(),
      line('--policy', 'Nightly', '--search', 'web', '--pool', POOL, '--sort', 'newest'),
      line('--templates', '--unprotected', '--unusual', '--tag', 'prod', '--state', 'running'),
    ],
    'vms show': [line('web01'), line(vmUuid(1)), refused('VM_NOT_FOUND', 'web02')],
    'vms acknowledge': [
      line('web01', '--reason', 'an update'),
      line(vmUuid(1), '--point', UNUSUAL_POINT, '--reason', 'an update'),
      refused('VM_NOT_FOUND', 'web02', '--reason', 'an update'),
    ],
    pools: [line()],
    backup: [line('web01'), line('--all', '--detach')],
    runs: [
      line(),
      line('latest'),
      line('--policy', 'Nightly', '--kind', 'backup', '--state', 'open', '--vm', 'web01'),
      line('--plans', ...period),
      line(ids.runId, '--only', 'open'),
      line(ids.runId, '--follow'),
    ],
    'runs approve': [line(ids.waitingId)],
    'runs decline': [line(ids.waitingId, '--because', 'the wrong day')],
    'runs redrive': [line(ids.runId)],
    'runs retry': [line(ids.endedId), line(ids.endedId, '--follow')],
    cancel: [line(ids.runId), refused('USAGE', 'latest')],
    points: [line(), line('--vm', 'web01', '--limit', '1')],
    'points show': [line(POINT), line('latest:web01')],
    'points delete': [
      line(SPARE_POINT, '--confirm', 'web01', '--reason', 'no more room', '--even-last'),
    ],
    'points hold': [
      line(POINT, '--reason', 'court file'),
      line('--vm', 'web01', '--reason', 'court file', '--until', '2027-12-31'),
    ],
    'points release': [
      line('--vm', 'db01', '--reason', 'case closed'),
      line(POINT, '--reason', 'x'),
    ],
    'points holds': [line()],
    restore: [line('latest:web01'), line(POINT, '--start', '--detach')],
    'boot-check': [line(POINT), line('latest:web01', '--detach'), line('--all-latest', '--detach')],
    'boot-checks': [
      line('--proof', 'lacking', '--days', '90', '--sort', 'oldest'),
      line('--search', 'web', '--pool', POOL),
    ],
    replicate: [
      line('db01', '--to', POOL, '--sr', 'fast', '--keep', '2', '--every', '30m'),
      line('web01', '--stop'),
      line('web01', '--resume'),
      line('web01', '--now'),
      line('db01', '--to', POOL, '--sr', 'fast', '--preview'),
    ],
    replicas: [
      line('--search', 'web', '--pool', POOL, '--phase', 'standing-by', '--troubled'),
      line('web01'),
    ],
    failover: [
      refused('SOURCE_RUNS', 'web01'),
      line('web01', '--force', '--point', POINT, '--no-start'),
      refused('STANDBY_EMPTY', 'web01', '--test', '--for', '30m'),
      line('web01', '--plan'),
    ],
    failback: [refused('REPLICA_PHASE', 'web01'), line('web01', '--plan')],
    'site list': [line(), line('--deleted')],
    'site show': [line('Vienna'), line('vienna', '--definition')],
    'site discover': [line()],
    'site define': [
      line('-f', site),
      line('-f', otherSite),
      line('-f', otherSite, '--site', 'Vienna', '--version', '1'),
      line('-f', site, '--dry-run'),
    ],
    'site preview': [line('Vienna'), line('-f', site)],
    'site delete': [line('Vienna')],
    'site backup': [line('Vienna'), line('Vienna', '--without-policy', '--detach')],
    'site points': [line('Vienna')],
    'site point': [line(SITE_POINT)],
    'site plan': [line(SITE_POINT)],
    'site recall': [line(SITE_POINT), line(SITE_POINT, '--detach')],
    'site restore': [line(SITE_POINT)],
    'site restores': [line(), line(ids.restoreId)],
    'site step': [
      line(
        ...[ids.restoreId, ids.siteStep, 'start', '--replace'],
        ...['--override', 'mcs-storage=the catalog is gone for good'],
      ),
      refused('SITE_STEP_REFUSED', ids.restoreId, ids.siteStep, 'start', '--from', '3'),
      line(ids.restoreId, ids.siteStep, 'skip', '--because', 'it is there'),
      line(ids.restoreId, ids.siteStep, 'done', '--because', 'by hand'),
    ],
    'site end': [line(ids.restoreId, '--because', 'an exercise')],
    'policies list': [line(), line('--deleted')],
    'policies show': [line('Nightly'), line('nightly', '--input')],
    'policies create': [
      line('-f', policy),
      line('Monthly', '--all', '--keep', 'monthly=12'),
      line('Sites', '--site', 'Vienna', '--keep', 'daily=7'),
    ],
    'policies duplicate': [line('Nightly', 'Another')],
    'policies times': [line('Nightly'), line('Nightly', '--missed')],
    'policies kept': [line('Nightly', '--vm', 'web01')],
    'policies edit': [line('Nightly', '-f', edited)],
    'policies export': [line('--all'), line('Nightly')],
    'policies apply': [line('-f', policy, '-f', edited), line('-f', policy, '--dry-run')],
    'policies preview': [line('Nightly'), line('-f', policy, '--months', '6')],
    'policies run': [line('Nightly')],
    'policies pause': [line('Nightly', '--until', '2027-01-07')],
    'policies resume': [line('Nightly')],
    'policies enable': [line('Nightly')],
    'policies disable': [line('Nightly')],
    'policies delete': [line('Nightly')],
    repository: [line()],
    statistics: [line('--days', '7')],
    maintenance: [line('--only', 'retention,collect')],
    'maintenance schedule': [line('--at', '03:00', '--time-zone', 'UTC', '--sample', '5%')],
    gateways: [line()],
    'gateways list': [line()],
    'gateways show': [line('site A')],
    'gateways enrol': [line()],
    'gateways rename': [line('site A', 'Hamburg')],
    'gateways set': [line('site A', '--no-maintenance')],
    'gateways rotate-key': [line('site A')],
    'gateways revoke': [line('site A', '--yes')],
    guests: [line()],
    'guests list': [line(), line('--search', 'db')],
    'guests show': [line('db01')],
    'guests backup': [
      line('db01', '--recipe', 'postgresql', '--instance', 'second'),
      line(
        'db01',
        '--recipe',
        'postgresql',
        '--set',
        'databases[]=app',
        '--set',
        'port=5433',
        '--full',
        '--lock',
        'governance:30',
        '--detach',
      ),
    ],
    'guests restore': [
      line(COMPONENT_POINT, '--target', 'folder'),
      line(COMPONENT_POINT, '--give-up', '--detach'),
      refused('COMPONENT_RESTORE_STEP', COMPONENT_POINT, '--from', '3'),
      refused(
        'POINT_OF_OTHER_KIND',
        POINT,
        '--set',
        'port=5433',
        '--only',
        'restoreDatabase',
        '--override',
        'server-not-older=the same major version',
        '--detach',
      ),
      refused('POINT_OF_OTHER_KIND', 'latest:web01', '--detach'),
      line(COMPONENT_POINT, '--target', 'folder', '--onto', 'db01'),
    ],
    'guests recipes': [line(), line('sql-server')],
    'guests enrol': [line('--vm', 'db01', '--name', 'the database')],
    'guests drilled': [line('db01', '--recipe', 'sql-server', '--note', 'restored to SQL9')],
    'guests rename': [line('db01', 'the database')],
    'guests rotate-key': [line('db01')],
    'guests revoke': [line('db01', '--yes')],
    'tokens create': [line('tickets', '--role', 'viewer', '--days', '30')],
    'tokens list': [line()],
    'tokens revoke': [line(ids.tokenId)],
    'audit list': [
      line(),
      line('--who', 'ann', '--action', 'startRun', '--outcome', 'done', ...period),
      line('--oldest', '--chain', 'test', '--refused'),
    ],
    'audit verify': [line()],
    'region status': [line()],
    'region take-over': [
      refused('REGION_ALONE', '--confirm', 'here', '--why', 'the other one is lost'),
    ],
    'channels list': [line()],
    'channels add': [
      line('chat', file('chat.json', { kind: 'mail', to: ['a@b.org'], from: 'c@b.org' })),
      line('mails', join(folder, 'chat.json'), '--max-per-hour', '3', '--disabled'),
    ],
    'channels show': [line('mails')],
    'channels test': [line('mails')],
    'channels remove': [line('mails')],
    notifications: [line('--last', '5')],
    'notifications show': [line(ids.eventId)],
    'notifications settings': [
      line(),
      line('--set', file('settings.json', { timeZone: 'Europe/Berlin' })),
    ],
  }
}
