import { describe, expect, test } from 'vitest'
import { expand } from '#core/site/expand.ts'
import { sitePoint, type TaskOutcome } from '#core/site/point.ts'
import { restorePlan } from '#core/site/restore-plan.ts'
import { vmUuid } from '#test/support/fake-gateway.ts'
import { NOW, xendesktopSite } from '#test/support/xendesktop-site.ts'

const { site, inventory, guests } = xendesktopSite()
const graph = expand(site, inventory, guests, NOW)
const outcomes = new Map(
  graph.tasks.map(({ id, kind }, index): [string, TaskOutcome] => [
    id,
    {
      point: {
        pointId: `01JZ${String(index).padStart(22, '0')}`,
        taken: NOW,
        consistency: 'crash',
      },
      ...(kind === 'component' && { subjectUuid: vmUuid(0x7000 + index) }),
    },
  ]),
)
const planOf = (made = outcomes) => restorePlan(site, graph, sitePoint(graph, made))

describe('the plan of a whole site', () => {
  const plan = planOf()
  const stepOf = (title: string) => {
    const step = plan.steps.find(one => one.title.includes(title))
    if (!step) throw new Error(`no step "${title}"`)
    return step
  }

  test('brings things back in the order in which they need each other', () => {
    expect(plan.steps.map(({ title }) => title)).toEqual([
      'Find out what is lost',
      'Keep the site as it is while it comes back',
      'Ask the pool "pool A" whether it would take its database',
      'Bring back the host "host 1"',
      'Check the pools',
      'Restore the domain controller "DC01"',
      'Restore the domain controller "DC02"',
      'Restore what the recipe "ad-system-state" saved on "DC01"',
      'Check the directory',
      'Check DNS and DHCP',
      'Restore the SQL Server "SQL01"',
      'Restore what the recipe "sql-server" saved on "SQL01"',
      'Check the databases',
      'Restore the licence server "LIC01"',
      'Check the licences',
      'Give the pool "pool A" its licence',
      'Restore the Delivery Controller "DDC01"',
      'Restore the Delivery Controller "DDC02"',
      'Restore what the recipe "cvad-site-export" saved on "DDC01"',
      'Check the controllers and their databases',
      'Restore the StoreFront server "SF01"',
      'Check the stores',
      'Restore the master image "W11-Master"',
      'Restore the template "Windows template"',
      'Check the images',
      'Bring catalogs and pools to one state',
      'Restore the dedicated desktop "VDI-D-1"',
      'Restore the dedicated desktop "VDI-D-2"',
      'Open the site',
    ])
  })

  test('licenses no pool before the licence server is back, and tells what to register again', () => {
    const server = plan.steps.find(
      ({ id }) => id.startsWith('restore:') && id.includes(inventory.vms[3]?.uuid ?? ''),
    )
    expect(server?.role).toBe('license')
    const waitsFor = (id: string): string[] =>
      (plan.steps.find(step => step.id === id)?.after ?? []).flatMap(one => [one, ...waitsFor(one)])
    const pools = plan.steps.filter(({ id }) => id.startsWith('licences:pool:'))
    expect(pools).toHaveLength(1)
    for (const { id } of pools) expect(waitsFor(id)).toContain(server?.id)
    const told = stepOf('Check the licences').does.join(' ')
    // Files and the service alike.
    expect(told).toMatch(/bound to the host name .* allocate them to it anew/)
    expect(told).toMatch(/register the server with Citrix Cloud again .* 30 days/)
  })

  test('brings a domain controller back whole, and tells how it can do harm', () => {
    const { job, dangers, after } = stepOf('domain controller "DC02"')
    expect(job).toMatchObject({ kind: 'restore-vm', identity: 'same', start: true })
    expect(dangers[0]).toMatch(/^Past 180 days, the tombstone lifetime/)
    expect(dangers[1]).toContain('USN rollback')
    expect(after).toContain(stepOf('domain controller "DC01"').id)
  })

  test('writes machines of Machine Creation Services into themselves, and says what else can be done', () => {
    const { job, dangers } = stepOf('"VDI-D-1"')
    expect(job).toMatchObject({ identity: 'disks-only', start: false })
    expect(dangers.join(' ')).toContain('Remove-ProvVM -ForgetVM')
  })

  test('spells out databases, images and how many desktops have to be made anew', () => {
    expect(stepOf('Check the databases').does[0]).toContain(
      '"CitrixSite" on "SQL01.corp.example" (site)',
    )
    expect(stepOf('Check the images').does[0]).toContain('made of "W11-Master"')
    expect(stepOf('Bring catalogs').does.at(-1)).toMatch(
      /^20 pooled desktops of "Pooled" were not backed up/,
    )
  })
})

test('what the point lacks is a step for a person, and stands in front of the plan', () => {
  const without = new Map(outcomes)
  const sql = graph.tasks.find(({ title }) => title.startsWith('Back up "SQL01"'))?.id ?? ''
  without.set(sql, { because: 'The storage was full.' })
  const plan = planOf(without)
  expect(plan.notes.slice(0, 2)).toEqual([
    'This point of the site is partial: one part is missing.',
    'Back up "SQL01" (SQL Server): there is no point. The storage was full.',
  ])
  expect(plan.steps.find(({ id }) => id === `missing:${sql}`)).toMatchObject({
    kind: 'manual',
    does: ['This point of the site has nothing of it. The storage was full.', expect.any(String)],
  })
})

test('a component whose UUID nobody told of is restored by hand', () => {
  const bare = new Map([...outcomes].map(([id, { point }]) => [id, { point }]))
  const steps = planOf(bare).steps.filter(({ title }) => title.includes('the recipe'))
  expect(steps.map(({ kind }) => kind)).toEqual(['manual', 'manual', 'manual'])
})

describe('what a plan tells of the catalogs', () => {
  const told = (about: NonNullable<typeof graph.about> | undefined) =>
    restorePlan(site, { ...graph, about }, sitePoint(graph, outcomes)).steps.find(
      ({ id }) => id === 'catalogs:reconcile',
    )?.does ?? []

  test('each is named, with what to compare and the delivery groups of its machines', () => {
    const catalogs = [
      { name: 'W11', provisioning: 'MCS', content: 'discarded', machines: 20, groups: ['Desks'] },
      { name: 'Devs', provisioning: 'MCS', content: 'kept', machines: 1 },
      { name: 'Streamed', provisioning: 'PVS', content: 'unknown', machines: 2_000 },
    ] as const
    const does = told({
      databases: [],
      catalogs: catalogs.map(one => ({ ...one, groups: [...('groups' in one ? one.groups : [])] })),
    })
    expect(does.filter(line => line.startsWith('The catalog'))).toEqual([
      'The catalog "W11" (Machine Creation Services) had 20 machines: see that it is made of the image above, and what is missing is made anew. Delivery group "Desks": its machines are back in it.',
      'The catalog "Devs" (Machine Creation Services) had 1 machine: see that each machine is the restored one, registers, and belongs to the user that it had.',
      'The catalog "Streamed" (Citrix Provisioning) had 2,000 machines: see that each target device has its vDisk and boots from it.',
    ])
  })

  test('of very many the first are named, and where nobody could be asked the plan says so', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      ...{ name: `C${index}`, provisioning: 'MCS' as const, content: 'kept' as const },
      machines: 3,
    }))
    expect(told({ databases: [], catalogs: many })).toContain(
      'And 10 more: site.json of the point names them.',
    )
    expect(told(undefined).join(' ')).toContain('No controller could be asked for its catalogs')
  })
})
