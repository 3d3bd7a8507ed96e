import { describe, expect, test } from 'vitest'
import { SiteDefinition } from '#core/contracts/site.ts'
import { SiteGraph } from '#core/contracts/site-graph.ts'
import { ancestorsOf, expand } from '#core/site/expand.ts'
import { skipLine } from '#core/site/skips.ts'
import {
  NOW,
  provisioned,
  siteGuest,
  siteRecipe,
  siteVm,
  xendesktopSite,
} from '#test/support/xendesktop-site.ts'

describe('a whole site', () => {
  const { site, inventory, guests } = xendesktopSite()
  const graph = expand(site, inventory, guests, NOW)
  const idOf = (title: string) => graph.tasks.find(task => task.title.includes(title))?.id ?? ''

  test('is a graph that the contract takes', () => {
    expect(SiteGraph.parse(graph)).toEqual(graph)
    expect(graph.problems).toEqual([
      expect.objectContaining({ code: 'SITE_NOT_HELD_STILL', level: 'note' }),
    ])
  })

  test('saves everything but the pooled desktops, and tells those with their number', () => {
    expect(graph.tasks.map(({ kind }) => kind).sort()).toEqual([
      ...Array(3).fill('component'),
      'host',
      'pool-metadata',
      'template',
      ...Array(10).fill('vm'),
    ])
    expect(graph.skips.map(skipLine)).toEqual([
      '20 pooled desktops not backed up: content is discarded at logoff. Their master image and their catalog are what brings them back.',
    ])
    expect(graph.skips[0]).toMatchObject({ count: 20, gap: false, covers: [13] })
  })

  test('exports and databases before the directory, the directory before machines', () => {
    const [database, state, machine] = [
      idOf('the databases'),
      idOf('the system state'),
      idOf('Back up "SQL01"'),
    ]
    expect(ancestorsOf(graph.tasks, state)).toContain(database)
    expect(ancestorsOf(graph.tasks, machine)).toContain(state)
    expect(ancestorsOf(graph.tasks, machine)).toContain(idOf('the site export'))
    expect(graph.tasks.find(({ kind }) => kind === 'pool-metadata')?.after).toEqual([])
  })

  test('of two controllers, and of two domain controllers, one at a time', () => {
    for (const [a, b] of [
      ['"DDC01" (', '"DDC02" ('],
      ['"DC01" (', '"DC02" ('],
    ] as const) {
      const [first, second] = [idOf(`Back up ${a}`), idOf(`Back up ${b}`)]
      expect(ancestorsOf(graph.tasks, second)).toContain(first)
    }
  })

  test('holds servers still through the agent in them, and leaves identity disks out', () => {
    expect(graph.tasks.find(({ id }) => id === idOf('Back up "DDC01"'))).toMatchObject({
      method: 'quiesced',
      fallback: 'crash',
      freezeWith: { guestName: 'DDC01' },
    })
    expect(graph.tasks.find(({ id }) => id === idOf('Back up "VDI-D-1"'))).toMatchObject({
      method: 'normal',
      mcs: true,
      leavesOut: [{ userdevice: '1', reason: expect.stringMatching(/^It is the identity disk/) }],
    })
  })
})

describe('what does not fit', () => {
  const { site, inventory, guests } = xendesktopSite()
  const withLines = (...components: unknown[]) => SiteDefinition.parse({ name: 'x', components })
  const graphOf = (...components: unknown[]) =>
    expand(withLines(...components), inventory, guests, NOW)
  const codes = (graph: SiteGraph) => graph.problems.map(({ code }) => code)

  test('two controllers that name different databases', () => {
    const [first, second, ...others] = guests
    if (!first || !second?.controller) throw new Error('no controllers')
    const moved = {
      ...second,
      controller: {
        ...second.controller,
        databases: { site: { server: 'SQL02', database: 'CitrixSite' } },
      },
    }
    const graph = expand(site, inventory, [moved, first, ...others], NOW)
    expect(graph.problems[0]).toMatchObject({ code: 'SITE_DATABASES_DIFFER', level: 'error' })
    expect(graph.problems[0]?.text).toContain(
      '"DDC01" uses the site database "CitrixSite" on "SQL01.corp.example", and "DDC02" uses "CitrixSite" on "SQL02"',
    )
    expect(codes(graph)).toContain('SITE_DATABASE_NOT_COVERED')
  })

  test('a server that no pool has, with the name that may be meant', () => {
    const graph = graphOf({ role: 'sql', target: { vm: 'SQL1' } })
    expect(graph.tasks).toEqual([])
    expect(graph.skips).toMatchObject([{ code: 'missing', gap: true, count: 1 }])
    expect(graph.problems[0]).toMatchObject({ code: 'SITE_SERVER_MISSING', level: 'error' })
    expect(graph.problems[0]?.text).toContain('Did you mean "SQL01"?')
  })

  test('an agent that is down: nothing waits for it, and what is missing is told', () => {
    const silent = guests.map(guest =>
      guest.name === 'SQL01' ? { ...guest, lastSeen: NOW - 3_600_000 } : guest,
    )
    const graph = expand(site, inventory, silent, NOW)
    expect(graph.skips[0]).toMatchObject({
      code: 'guest-silent',
      gap: true,
      reason: 'its agent has been silent for 60 minutes, so nothing could be asked of it.',
    })
    expect(codes(graph)).toContain('SITE_GUEST_SILENT')
    expect(graph.tasks.find(({ title }) => title.startsWith('Back up "SQL01"'))).toMatchObject({
      method: 'normal',
      does: [expect.stringContaining('since the agent "SQL01" in it is silent')],
    })
  })

  test('a recipe that the allow-list lacks, and one that may only restore', () => {
    const graph = graphOf({ role: 'sql', target: { guest: 'SQL01' }, recipe: 'postgresql' })
    expect(graph.skips).toMatchObject([{ code: 'not-allowed', gap: true }])
    expect(graph.problems[0]).toMatchObject({ code: 'SITE_RECIPE_NOT_ALLOWED' })
    const restoring = siteGuest(9, 'PG', {
      recipes: [siteRecipe('postgresql', { roles: ['sql'], phases: ['restore'] })],
    })
    const other = expand(
      withLines({ role: 'sql', target: { guest: 'PG' }, recipe: 'postgresql' }),
      inventory,
      [restoring],
      NOW,
    )
    expect(other.problems[0]?.text).toContain('only for "restore"')
  })

  test('several instances are a task each; one that is not there is told', () => {
    const several = siteGuest(9, 'PG', {
      recipes: [siteRecipe('postgresql', { roles: ['sql'], instances: ['b', 'a'] })],
    })
    const line = { role: 'sql', target: { guest: 'PG' } }
    const graph = expand(withLines(line), inventory, [several], NOW)
    expect(graph.tasks.map(task => task.kind === 'component' && task.instance)).toEqual(['a', 'b'])
    const missing = expand(withLines({ ...line, instance: 'c' }), inventory, [several], NOW)
    expect(codes(missing)).toContain('SITE_INSTANCE_MISSING')
  })

  test('two lines that ask for one thing in different ways', () => {
    const line = { role: 'sql', target: { guest: 'SQL01' } }
    const same = graphOf(line, line)
    expect(same.tasks).toMatchObject([{ covers: [0, 1] }])
    expect(codes(same)).not.toContain('SITE_CONTRADICTION')
    const other = graphOf(line, { ...line, parameters: { full: true } })
    expect(other.tasks).toHaveLength(1)
    expect(codes(other)).toContain('SITE_CONTRADICTION')
  })

  test('a desktop that is called dedicated and is reset at boot', () => {
    const graph = graphOf({ role: 'dedicated', target: { vm: 'VDI-P-1' } })
    expect(graph.skips).toMatchObject([{ code: 'discarded', gap: true }])
    expect(codes(graph)).toContain('SITE_DISK_RESET')
  })

  test('pooled ones among those that a pattern calls dedicated are told as what they are', () => {
    const graph = graphOf({ role: 'dedicated', target: { vms: { names: ['VDI-*'] } } })
    expect(graph.tasks).toHaveLength(2)
    expect(graph.skips).toMatchObject([{ what: '20 pooled desktops', gap: false }])
    expect(codes(graph)).toContain('SITE_DEDICATED_DISCARDED')
  })

  test('a machine that keeps its content and is called pooled is saved', () => {
    const graph = graphOf({ role: 'pooled', target: { vms: { names: ['VDI-*'] } } })
    expect(graph.tasks.map(task => task.kind === 'vm' && task.vmName)).toEqual([
      'VDI-D-1',
      'VDI-D-2',
    ])
    expect(codes(graph)).toContain('SITE_POOLED_KEEPS')
  })

  test('pooled by its line alone: left out, and that nothing shows it is told', () => {
    const odd = { ...inventory, vms: [...inventory.vms, siteVm(0x500, 'KIOSK')] }
    const graph = expand(withLines({ role: 'pooled', target: { vm: 'KIOSK' } }), odd, guests, NOW)
    expect(graph.skips).toMatchObject([{ code: 'discarded', gap: false }])
    expect(codes(graph)).toContain('SITE_POOLED_UNPROVEN')
  })

  test('one line protects and another leaves out: named beats selected, and protecting wins', () => {
    const selected = graphOf(
      { role: 'dedicated', target: { vms: { names: ['VDI-D-*'] } } },
      { role: 'dedicated', target: { vm: 'VDI-D-2' }, protect: false, because: 'a test machine' },
    )
    expect(selected.tasks).toMatchObject([{ vmName: 'VDI-D-1', covers: [0] }])
    expect(selected.skips).toMatchObject([
      {
        code: 'excluded',
        reason: 'the definition leaves it out: a test machine',
        gap: false,
        covers: [0, 1],
      },
    ])
    const both = graphOf(
      { role: 'custom', target: { vm: 'LIC01' } },
      { role: 'license', target: { vm: 'LIC01' }, protect: false, because: 'elsewhere' },
    )
    expect(both.tasks).toHaveLength(1)
    expect(codes(both)).toContain('SITE_CONTRADICTION')
  })

  test('wishes are followed where the order of a site lets them be', () => {
    const components = [
      { role: 'custom', name: 'web', target: { vm: 'LIC01' } },
      { role: 'custom', name: 'app', target: { vm: 'SF01' } },
      { role: 'sql', name: 'database', target: { guest: 'SQL01' } },
    ]
    const graph = expand(
      SiteDefinition.parse({
        name: 'x',
        components,
        order: [
          { earlier: 'APP', later: 'web' },
          { earlier: 'web', later: 'database' },
          { earlier: 'web', later: 'app' },
        ],
      }),
      inventory,
      guests,
      NOW,
    )
    const [, app, web] = graph.tasks
    expect([app?.title, web?.title]).toEqual([
      'Back up "SF01" (machine)',
      'Back up "LIC01" (machine)',
    ])
    expect(web?.after).toContain(app?.id)
    expect(codes(graph).filter(code => code === 'SITE_ORDER_IGNORED')).toHaveLength(2)
  })

  test('what pools know of themselves waits for nothing, also where a wish says so', () => {
    const graph = expand(
      SiteDefinition.parse({ ...site, order: [{ earlier: 'ddc', later: 'pool-metadata' }] }),
      inventory,
      guests,
      NOW,
    )
    expect(graph.tasks.find(({ kind }) => kind === 'pool-metadata')?.after).toEqual([])
    expect(codes(graph)).toContain('SITE_ORDER_IGNORED')
  })

  test('desktops that keep their content, and images, that no line speaks of', () => {
    const graph = graphOf({ role: 'ddc', target: { vm: 'DDC01' } })
    expect(codes(graph)).toEqual(
      expect.arrayContaining([
        'SITE_DESKTOPS_NOT_COVERED',
        'SITE_IMAGE_NOT_COVERED',
        'SITE_ROLE_ABSENT',
      ]),
    )
    expect(graph.problems.find(({ code }) => code === 'SITE_DESKTOPS_NOT_COVERED')?.text).toContain(
      '2 dedicated desktops of the catalog "Dedicated" keep what users change',
    )
  })

  test('a standby of replication is none of the site, unless its UUID says so', () => {
    const standby = provisioned(0x600, 'VDI-D-3', {})
    const of = { ...inventory, vms: [...inventory.vms, standby], standbys: new Set([standby.uuid]) }
    const byName = expand(
      withLines({ role: 'dedicated', target: { vm: 'VDI-D-3' } }),
      of,
      guests,
      NOW,
    )
    expect(byName.skips).toMatchObject([{ code: 'standby', gap: false }])
    const byUuid = expand(
      withLines({ role: 'dedicated', target: { vm: standby.uuid } }),
      of,
      guests,
      NOW,
    )
    expect(byUuid.tasks).toHaveLength(1)
  })
})
